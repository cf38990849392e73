#include "campaign.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.h"

namespace orrery::sim {
namespace {

// What a worker writes and its parent reads, in memory they share.
struct Desk {
  std::atomic<std::uint64_t> seed;  // under way; 0: done
  std::atomic<std::uint64_t> lives;
  std::uint64_t steps;
  std::uint64_t hash;
  std::uint64_t failed;  // seed; 0: none
  char violation[1000];
};
struct Office {
  std::atomic<std::uint64_t> lowest_failure;
  Desk desks[64];
};

Verdict live(const Campaign& campaign, std::uint64_t seed) {
  const Plan plan = draw_plan(seed);
  Verdict verdict = campaign.world(plan, Telling::silent);
  if (!campaign.twice || verdict.violation) return verdict;
  if (campaign.world(plan, Telling::silent).hash != verdict.hash) {
    verdict.violation = "repetition: the same seed gave another trace";
  }
  return verdict;
}

[[noreturn]] void work(const Campaign& campaign, Office& office, std::uint32_t number) {
  Desk& desk = office.desks[number];
  for (auto i = std::uint64_t{number}; i < campaign.count; i += campaign.jobs) {
    const auto seed = campaign.from + i;
    if (seed > office.lowest_failure) break;
    desk.seed = seed;
    const auto verdict = live(campaign, seed);
    ++desk.lives;
    desk.steps += verdict.steps;
    desk.hash += mixed({seed, verdict.hash});
    if (!verdict.violation) continue;
    desk.failed = seed;
    std::strncpy(desk.violation, verdict.violation->c_str(), sizeof desk.violation - 1);
    auto lowest = office.lowest_failure.load();
    while (seed < lowest && !office.lowest_failure.compare_exchange_weak(lowest, seed)) {
    }
    break;
  }
  desk.seed = 0;
  _exit(0);
}

void show_progress(const Campaign& campaign, const Office& office) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::uint64_t lives = 0;
  for (const auto& desk : office.desks) lives += desk.lives;
  std::fprintf(stderr, "\r%llu of %llu lives ", static_cast<unsigned long long>(lives),
               static_cast<unsigned long long>(campaign.count));
}

// A worker's end: nothing, or how it died and over which seed.
std::optional<Finding> await(const Campaign& campaign, Office& office, std::uint32_t number,
                             pid_t worker) {
  const Desk& desk = office.desks[number];
  auto seed = desk.seed.load();
  auto since = std::chrono::steady_clock::now();
  int status = 0;
  while (waitpid(worker, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto now = std::chrono::steady_clock::now();
    if (now - since > std::chrono::seconds{1} && seed != desk.seed) {
      show_progress(campaign, office);
      seed = desk.seed;
      since = now;
    }
    if (now - since < campaign.patience) continue;
    kill(worker, SIGKILL);
    waitpid(worker, &status, 0);
    return Finding{desk.seed, "crash: it never ends"};
  }
  if (WIFSIGNALED(status)) {
    return Finding{desk.seed, fmt::format("crash: ended by signal {}", WTERMSIG(status))};
  }
  if (WEXITSTATUS(status) != 0) {
    return Finding{desk.seed, fmt::format("crash: exit {}", WEXITSTATUS(status))};
  }
  if (desk.failed != 0) return Finding{desk.failed, desk.violation};
  return std::nullopt;
}

}  // namespace

Tally run(const Campaign& campaign) {
  void* shared =
      mmap(nullptr, sizeof(Office), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {.finding = Finding{0, "crash: no memory"}};
  auto& office = *new (shared) Office{};
  office.lowest_failure = ~std::uint64_t{0};
  std::fflush(stdout);
  std::vector<pid_t> workers;
  for (std::uint32_t i = 0; i < campaign.jobs; ++i) {
    const pid_t child = fork();
    if (child == 0) work(campaign, office, i);
    workers.push_back(child);
  }
  Tally tally;
  for (std::uint32_t i = 0; i < campaign.jobs; ++i) {
    const auto finding = await(campaign, office, i, workers[i]);
    const bool lowest = finding && (!tally.finding || finding->seed < tally.finding->seed);
    if (lowest) tally.finding = finding;
    tally.lives += office.desks[i].lives;
    tally.steps += office.desks[i].steps;
    tally.hash += office.desks[i].hash;
  }
  munmap(shared, sizeof(Office));
  return tally;
}

}  // namespace orrery::sim
