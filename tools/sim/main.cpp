// orrery-sim: lives by the million, each from one number.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "campaign.h"
#include "driver_world.h"
#include "exhaustive.h"
#include "isolation.h"
#include "machine_world.h"
#include "trace.h"

namespace orrery::sim {
namespace {

using Long = unsigned long long;  // for printf

struct Options {
  std::uint64_t seeds = 100'000;
  std::uint64_t from = 1;
  std::uint64_t seed = 0;
  std::string without;
  std::uint64_t schedule = 0;
  std::string world = "machine";
  std::uint32_t jobs = std::max(1U, std::thread::hardware_concurrency());
  bool twice = false;
  Extent extent;
  bool one_schedule = false;
  bool shapes = false;
  bool traces = false;
};

World world_of(const Options& options) {
  if (options.world == "driver") return live_in_driver;
  return [](const Plan& plan, Telling telling) { return live_in_machine(plan, telling); };
}

constexpr auto patience = std::chrono::seconds{20};

// The smallest plan that still fails, in words, and the line that replays it.
void show_shrunk(const Options& options, const Finding& finding) {
  const Plan plan = draw_plan(finding.seed);
  const auto world = world_of(options);
  const auto shrunk = shrink(plan, finding.violation, [&](const Plan& candidate) {
    return isolated([&] { return world(candidate, Telling::silent); }, patience);
  });
  const Plan smallest = without(plan, shrunk.left_out);
  std::printf("smallest that still fails: %s\n%s", shrunk.violation.c_str(),
              describe(smallest).c_str());
  std::printf("replay: orrery-sim --world %s --seed %llu", options.world.c_str(),
              static_cast<Long>(finding.seed));
  if (!shrunk.left_out.empty()) std::printf(" --without %s", in_digits(shrunk.left_out).c_str());
  if (shrunk.schedule != 0) {
    std::printf(" --schedule %llu", static_cast<Long>(shrunk.schedule));
  }
  std::printf("\n");
}

int one_life(const Options& options) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a life that crashes has told what led to it
  const auto left_out = parse_left_out(options.without);
  if (!left_out) {
    std::fprintf(stderr, "--without takes numbers and ranges, such as 0-3,8\n");
    return 2;
  }
  Plan plan = without(draw_plan(options.seed), *left_out);
  plan.schedule = options.schedule;
  std::printf("%s", describe(plan).c_str());
  const Verdict verdict = world_of(options)(plan, Telling::aloud);
  std::printf("seed %llu: %u steps, trace %016llx, %s\n", static_cast<Long>(options.seed),
              verdict.steps, static_cast<Long>(verdict.hash),
              verdict.violation ? verdict.violation->c_str() : "no violation");
  return verdict.violation ? 1 : 0;
}

int many_lives(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  const auto tally = run({.world = world_of(options),
                          .from = options.from,
                          .count = options.seeds,
                          .jobs = options.jobs,
                          .twice = options.twice});
  if (tally.finding) {
    std::printf("seed %llu: %s\n", static_cast<Long>(tally.finding->seed),
                tally.finding->violation.c_str());
    show_shrunk(options, *tally.finding);
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%s: %llu seeds, %llu steps, 0 violations, trace %016llx, %.0f seeds/s\n",
              options.world.c_str(), static_cast<Long>(tally.lives), static_cast<Long>(tally.steps),
              static_cast<Long>(tally.hash),
              static_cast<double>(tally.lives) / std::max(took.count(), 1e-9));
  return 0;
}

// For the model: tests/model/trace.pml reads them.
int write_traces(const Options& options) {
  for (auto seed = options.from; seed < options.from + options.seeds; ++seed) {
    const auto plan = plan_for_model(seed);
    if (!plan) continue;
    Trace trace{stdout, *plan};
    const auto verdict = live_in_machine(*plan, trace);
    if (!verdict.violation) continue;
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<Long>(seed), verdict.violation->c_str());
    return 1;
  }
  return 0;
}

int every_life(const Options& options) {
  Extent extent = options.extent;
  if (options.one_schedule) extent.schedules = Extent::Schedules::one;
  if (options.shapes) extent.graphs = Extent::Graphs::shapes;
  const auto begun = std::chrono::steady_clock::now();
  const auto searched = search(extent, options.jobs);
  if (searched.violation) {
    std::printf("%s\n", searched.violation->c_str());
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf(
      "exhaustive: %u parts, %s, %u requests: %llu %s, %llu states, %llu steps, 0 violations, %.0f "
      "steps/s\n",
      extent.parts, options.one_schedule ? "one schedule" : "all schedules", extent.requests,
      static_cast<Long>(searched.graphs), options.shapes ? "shapes" : "graphs",
      static_cast<Long>(searched.states), static_cast<Long>(searched.steps),
      static_cast<double>(searched.steps) / std::max(took.count(), 1e-9));
  return 0;
}

int run_tool(int argc, char** argv) {
  Options options;
  CLI::App app{"Simulates the lifecycle engine against every oracle."};
  const CLI::Range some{1.0, 1e15};
  auto* seed = app.add_option("--seed", options.seed, "One life, and its story")->check(some);
  app.add_option("--without", options.without, "With --seed: leave these out, such as 0-3,8")
      ->needs(seed);
  app.add_option("--schedule", options.schedule, "With --seed: another order of what coincides")
      ->needs(seed)
      ->check(CLI::Range(0.0, 1e15));
  auto* seeds = app.add_option("--seeds", options.seeds, "So many lives")
                    ->check(some)
                    ->excludes(seed)
                    ->capture_default_str();
  app.add_option("--from", options.from, "The first of them")->check(some)->capture_default_str();
  app.add_option("--world", options.world, "What lives: machine or driver")
      ->check(CLI::IsMember({"machine", "driver"}))
      ->capture_default_str();
  app.add_option("--jobs", options.jobs, "Processes at once")->check(CLI::Range(1, 64));
  app.add_flag("--twice", options.twice, "Live each seed twice and compare the traces")
      ->excludes(seed);
  const auto* exhaustive =
      app.add_option("--exhaustive", options.extent.parts, "Every life of every graph of so many")
          ->excludes(seed)
          ->excludes(seeds)
          ->check(CLI::Range(1, 4));
  app.add_option("--requests", options.extent.requests, "With --exhaustive: so many from outside")
      ->capture_default_str();
  app.add_flag("--one-schedule", options.one_schedule, "With --exhaustive: hooks end in order");
  app.add_flag("--shapes", options.shapes, "With --exhaustive: only critical runtime parts");
  app.add_flag("--traces", options.traces, "Write the lives down as the model reads them");
  app.footer("Ends with 0 if no oracle objected, 1 with the smallest plan that fails, 2 on usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  if (options.traces) return write_traces(options);
  if (exhaustive->count() > 0) return every_life(options);
  return seed->count() > 0 ? one_life(options) : many_lives(options);
}

}  // namespace
}  // namespace orrery::sim

int main(int argc, char** argv) { return orrery::sim::run_tool(argc, argv); }
