// orrery-bench startup: how fast the program is there, beside the limit of this machine.
//
// Each round runs the bare server and the product, one after the other, so that whatever else the
// machine does hits both; medians are compared, never single times.
#include <cstdio>
#include <filesystem>

#include <signal.h>
#include <stdlib.h>

#include "engine.h"
#include "process.h"

namespace {

using namespace orrery::bench;
namespace fs = std::filesystem;

struct Samples {
  std::vector<double> bare, live, ready, first_ready, memory, stop;
};

void round(const fs::path& build, const fs::path& folder, int port, Samples& samples) {
  {
    Process bare{{build / "orrery-bench-bare", std::to_string(port)}};
    if (const auto ms = until_ok(port, "/", bare.began())) samples.bare.push_back(*ms);
  }
  const auto measure = [&](const fs::path& data, std::vector<double>* live,
                           std::vector<double>& ready) {
    Process bot{
        {build / "orrery", "run", "--data", data, "--http", "127.0.0.1:" + std::to_string(port)}};
    const auto answered = until_ok(port, "/livez", bot.began());
    const auto is_ready = until_ok(port, "/readyz", bot.began());
    if (live != nullptr && answered) live->push_back(*answered);
    if (is_ready) ready.push_back(*is_ready);
    if (live != nullptr) samples.memory.push_back(bot.resident_megabytes());
    const auto ms = bot.end(SIGTERM);
    if (live != nullptr) samples.stop.push_back(ms);
  };
  fs::remove_all(folder / "fresh");
  measure(folder / "fresh", nullptr, samples.first_ready);
  measure(folder / "fresh", &samples.live, samples.ready);
}

void line(const char* what, double value, const char* unit, const char* goal) {
  std::printf("| %-52s | %9.2f %-3s | %-28s |\n", what, value, unit, goal);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const fs::path build = fs::absolute(argv[1]);
  const int rounds = std::atoi(argv[2]);
  auto pattern = (fs::temp_directory_path() / "orrery-bench-XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  Samples s;
  for (int i = 0; i < rounds; ++i) round(build, folder, 21000 + i, s);
  fs::remove_all(folder);

  std::vector<double> small, large, small_stop, large_stop, overhead;
  for (int i = 0; i < 5; ++i) {
    const auto thousand = run_engine(1'000);
    const auto ten = run_engine(10'000);
    small.push_back(thousand.start_ms);
    small_stop.push_back(thousand.stop_ms);
    large.push_back(ten.start_ms);
    large_stop.push_back(ten.stop_ms);
    overhead.push_back(overhead_over_critical_path());
  }
  std::printf("| %-52s | %-13s | %-28s |\n|---|---|---|\n", "medians of one run", "measured",
              "goal");
  line("bare Beast server: exec to 200", median(s.bare), "ms", "the limit");
  line("orrery: exec to /livez 200", median(s.live), "ms", "<= 25 ms");
  line("  ratio to the bare server", median(s.live) / median(s.bare), "x", "<= 1.5");
  line("orrery: exec to ready", median(s.ready), "ms", "<= 60 ms");
  line("orrery: exec to ready, new data folder", median(s.first_ready), "ms", "");
  line("orrery: resident memory when idle", median(s.memory), "MB", "<= 20 MB");
  line("orrery: TERM to exit", median(s.stop), "ms", "");
  line("engine: 1,000 components that do nothing, start", median(small), "ms", "< 20 ms");
  line("engine: the same, stop", median(small_stop), "ms", "");
  line("engine: 10,000 components, start", median(large), "ms", "");
  line("  per component, ratio 10,000 / 1,000", median(large) / 10 / median(small), "x",
       "linear: near 1");
  line("engine: 10,000 components, stop", median(large_stop), "ms", "");
  line("engine: time to ready / critical path", median(overhead), "x", "<= 1.1");
}
