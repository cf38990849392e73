// orrery-mutants: who would notice, if the machine's source had this mistake?
//
// The engine is compiled with every mistake as a switch (mutate.py). Each is switched on in a
// process of its own and lives until an oracle objects, it crashes, or it hangs; whoever survives
// all of that must be known, with the reason (survivors.txt).
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include <CLI/CLI.hpp>

#include "campaign.h"
#include "core/text.h"
#include "driver_world.h"
#include "exhaustive.h"
#include "isolation.h"
#include "machine_world.h"
#include "switch.h"
#include "trace.h"

namespace orrery::mutants {
namespace {

using sim::Verdict;

struct Mutant {
  const char* file;
  int line;
  const char* function;
  const char* original;
  const char* mutated;

  bool planted() const { return std::string_view{function} == "planted"; }
  std::string text() const {
    if (planted()) return mutated;
    return fmt::format("{} | {} | {}", function, original, mutated);
  }
};

constexpr Mutant all[] = {
#include "mutants.inc"
};

struct Options {
  std::uint64_t tenth = 0;
  std::uint64_t seeds = 60'000;
  std::string known;
  std::string model;
  std::string tests;
  int only = 0;
  bool planted = false;
  bool list = false;
  std::uint32_t jobs = std::max(1U, std::thread::hardware_concurrency());
};

constexpr auto patience = std::chrono::seconds{5};         // with one life
constexpr auto long_patience = std::chrono::seconds{120};  // with a layer

// ---- one mutant

// Lives seed after seed; the verdict's hash is the seed that found it.
Verdict live(sim::World world, std::uint64_t seeds) {
  const auto tally = sim::run({.world = world, .count = seeds, .patience = patience});
  if (!tally.finding) return {};
  return {tally.finding->violation, tally.finding->seed, 0};
}

Verdict try_everything(std::uint32_t parts, std::uint32_t requests) {
  sim::Extent extent;
  extent.parts = parts;
  extent.requests = requests;
  const auto searched = sim::search(extent, 1);
  if (!searched.violation) return {};
  const auto first_line = searched.violation->find('\n');
  return {searched.violation->substr(0, first_line), 0, 0};
}

// Lives of the mutated machine, replayed through the model (tests/model/run builds the program).
Verdict replay(const std::string& model, std::uint64_t seeds) {
  std::signal(SIGPIPE, SIG_IGN);  // the model stops reading when it objects
  std::FILE* out = popen((model + " > /dev/null 2>&1").c_str(), "w");
  if (out == nullptr) return {};
  for (std::uint64_t seed = 1; seed <= seeds && std::ferror(out) == 0; ++seed) {
    const auto plan = sim::plan_for_model(seed);
    if (!plan) continue;
    sim::Trace trace{out, *plan};
    sim::live_in_machine(*plan, trace);
  }
  return pclose(out) == 0 ? Verdict{} : Verdict{"model: not a life of it", 0, 0};
}

// The unit tests of the engine, linked with the mutants.
Verdict run_tests(const std::string& program, int number) {
  setenv("ORRERY_MUTANT", std::to_string(number).c_str(), 1);
  const auto status = std::system((program + " --gtest_brief=1 > /dev/null 2>&1").c_str());
  return status == 0 ? Verdict{} : Verdict{"unit tests: one of them fails", 0, 0};
}

Verdict live_machine(const sim::Plan& plan, sim::Telling telling) {
  return sim::live_in_machine(plan, telling);
}

struct Killer {
  std::string layer;
  Verdict verdict;
};

// Cheap layers first.
std::optional<Killer> kill(int number, const Options& options) {
  const auto attempt = [&](const std::function<Verdict()>& life) {
    return sim::isolated(
        [&] {
          active = number;
          return life();
        },
        long_patience);
  };
  const bool planted = number > 0 && all[number - 1].planted();
  const auto driver_seeds = planted ? options.seeds : options.seeds / 20;
  const auto other = [&](const std::string& program, const std::function<Verdict()>& life) {
    return program.empty() || planted ? std::function<Verdict()>{[] { return Verdict{}; }} : life;
  };
  const std::pair<std::string, std::function<Verdict()>> layers[] = {
      {"machine", [&] { return live(live_machine, 2'000); }},
      {"model", other(options.model, [&] { return replay(options.model, 6'000); })},
      {"tests", other(options.tests, [&] { return run_tests(options.tests, number); })},
      {"driver", [&] { return live(sim::live_in_driver, 500); }},
      {"exhaustive", [] { return try_everything(1, 2); }},
      {"machine", [&] { return live(live_machine, options.seeds); }},
      {"driver", [&] { return live(sim::live_in_driver, driver_seeds); }},
      {"exhaustive", [] { return try_everything(2, 1); }},
  };
  for (const auto& [layer, life] : layers) {
    auto verdict = attempt(life);
    if (verdict.violation) return Killer{layer, std::move(verdict)};
  }
  return std::nullopt;
}

// ---- all of them

std::vector<int> chosen(const Options& options) {
  std::vector<int> numbers;
  sim::Random random{options.tenth};
  for (int i = 1; i <= static_cast<int>(std::size(all)); ++i) {
    const bool drawn = options.tenth == 0 || random.below(10) == 0;
    const bool wanted = options.only != 0 ? i == options.only
                        : options.planted ? all[i - 1].planted()
                                          : drawn && !all[i - 1].planted();
    if (wanted) numbers.push_back(i);
  }
  return numbers;
}

std::map<std::string, std::string> read_known(const std::string& path) {
  std::map<std::string, std::string> known;  // by mutant: the reason
  std::ifstream file{path};
  std::string line;
  std::string mutant;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("    ")) {
      known[mutant] += (known[mutant].empty() ? "" : " ") + std::string{trim(line)};
    } else {
      mutant = line;
      known[mutant];
    }
  }
  return known;
}

struct Result {
  int number;
  std::optional<Killer> killer;
};

std::vector<Result> try_all(const std::vector<int>& numbers, const Options& options) {
  std::vector<Result> results(numbers.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto i = next++; i < numbers.size(); i = next++) {
      results[i] = {numbers[i], kill(numbers[i], options)};
      if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%zu of %zu ", i + 1, numbers.size());
    }
  };
  std::vector<std::jthread> workers;
  for (std::uint32_t i = 0; i < options.jobs; ++i) workers.emplace_back(work);
  workers.clear();
  return results;
}

void show_kill(const Result& result) {
  const auto& killer = *result.killer;
  const auto seed = killer.verdict.hash == 0 ? "" : fmt::format(", seed {}", killer.verdict.hash);
  std::printf("%4d killed   %-70s %s%s: %s\n", result.number, all[result.number - 1].text().c_str(),
              killer.layer.c_str(), seed.c_str(), killer.verdict.violation->c_str());
}

// The smallest plan that shows a planted bug.
void show_smallest(const Result& result) {
  const auto& killer = *result.killer;
  const auto world = killer.layer == "driver" ? sim::live_in_driver : live_machine;
  const auto plan = sim::draw_plan(killer.verdict.hash);
  const auto shrunk = sim::shrink(plan, *killer.verdict.violation, [&](const sim::Plan& candidate) {
    return sim::isolated(
        [&] {
          active = result.number;
          return world(candidate, sim::Telling::silent);
        },
        patience);
  });
  std::printf("     %s\n%s", shrunk.violation.c_str(),
              sim::describe(sim::without(plan, shrunk.left_out)).c_str());
}

std::string invariant_of(const Killer& killer) {
  return killer.verdict.violation->substr(0, killer.verdict.violation->find(':'));
}

int report(const std::vector<Result>& results, const Options& options) {
  const auto known = read_known(options.known);
  std::map<std::string, int> killers;
  std::size_t killed = 0;
  int unknown = 0;
  for (const auto& result : results) {
    const auto& mutant = all[result.number - 1];
    if (result.killer) {
      ++killed;
      ++killers[invariant_of(*result.killer)];
      if (options.planted || options.only != 0) show_kill(result);
      if (options.planted && result.killer->verdict.hash != 0) show_smallest(result);
      continue;
    }
    const auto reason = known.find(mutant.text());
    if (reason == known.end()) ++unknown;
    std::printf("%4d survived %s:%d %s\n     %s\n", result.number, mutant.file, mutant.line,
                mutant.text().c_str(),
                reason == known.end() ? "nobody has said why" : reason->second.c_str());
  }
  for (const auto& [invariant, count] : killers) {
    std::printf("%s: %d\n", invariant.c_str(), count);
  }
  const auto percent = 100.0 * static_cast<double>(killed) /
                       static_cast<double>(std::max<std::size_t>(results.size(), 1));
  std::printf("mutants: %zu %s, %zu killed (%.1f %%), %zu survived, %d of them unexplained\n",
              results.size(), options.planted ? "planted" : "tried", killed, percent,
              results.size() - killed, unknown);
  // A tenth is small: one that survives is shown, and judged when all are tried.
  if (options.tenth != 0) return percent >= 90 ? 0 : 1;
  return unknown == 0 && (options.only != 0 || percent >= 95) ? 0 : 1;
}

int run_tool(int argc, char** argv) {
  Options options;
  CLI::App app{"Switches on every mistake somebody could have made in the machine's source."};
  app.add_option("--tenth", options.tenth, "A random tenth, by this number")
      ->check(CLI::PositiveNumber);
  app.add_option("--seeds", options.seeds, "How long a survivor has lived")->capture_default_str();
  app.add_option("--known", options.known, "The file of known survivors")->check(CLI::ExistingFile);
  app.add_option("--model", options.model, "The model's replay program")->check(CLI::ExistingFile);
  app.add_option("--tests", options.tests, "Unit tests linked with the mutants")
      ->check(CLI::ExistingFile);
  app.add_option("--only", options.only, "One mutant, by its number");
  app.add_flag("--planted", options.planted, "The bugs planted by hand, each made small");
  app.add_flag("--list", options.list, "All of them, none tried");
  app.add_option("--jobs", options.jobs, "Processes at once")->check(CLI::Range(1, 64));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  const auto numbers = chosen(options);
  if (!options.list && kill(0, options)) {
    std::fprintf(stderr, "the engine without a mistake is objected to: mend that first\n");
    return 2;
  }
  if (!options.list) return report(try_all(numbers, options), options);
  for (const int i : numbers) {
    std::printf("%4d %s:%d %s\n", i, all[i - 1].file, all[i - 1].line, all[i - 1].text().c_str());
  }
  return 0;
}

}  // namespace
}  // namespace orrery::mutants

int main(int argc, char** argv) { return orrery::mutants::run_tool(argc, argv); }
