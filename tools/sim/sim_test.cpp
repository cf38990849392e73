// The simulator's own tests, and a named story for every bug that it found: a plan written by hand,
// lived under many schedules. Each goes red when its bug is put back (mutants/planted.txt).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign.h"
#include "driver_world.h"
#include "machine_world.h"
#include "shrink.h"
#include "small_graphs.h"

namespace orrery::sim {
namespace {

using testing::HasSubstr;
using testing::Optional;

Spec part(std::string name, Phase phase = Phase::runtime,
          Criticality criticality = Criticality::critical) {
  Spec spec;
  spec.name = std::move(name);
  spec.phase = phase;
  spec.criticality = criticality;
  spec.budgets = {.start = milliseconds{100},
                  .start_cap = milliseconds{200},
                  .slow = milliseconds{40},
                  .drain = milliseconds{30},
                  .stop = milliseconds{30},
                  .grace = milliseconds{5}};
  return spec;
}

Moment once(State state) { return {.state = state}; }
Moment once(Moment::What what, Hook hook, std::uint32_t number = 0) {
  return {.what = what, .part = number, .hook = hook};
}

Plan plan_of(std::vector<Spec> parts) {
  Plan plan;
  plan.seed = 1;
  plan.parts = std::move(parts);
  plan.limits = {.lame_duck = {},
                 .stop = std::chrono::seconds{2},
                 .rollback = std::chrono::seconds{2},
                 .hurry = milliseconds{10},
                 .parallel_starts = 0};
  plan.noise = std::chrono::seconds{1};
  return plan;
}

// Under one schedule after the other; what the draw depends on (where parts run) varies with them.
void lives_well(World world, Plan plan) {
  for (std::uint64_t n = 1; n <= 2'000; ++n) {
    plan.seed = n;
    plan.schedule = n;
    const auto verdict = world(plan, Telling::silent);
    ASSERT_EQ(verdict.violation, std::nullopt) << "seed and schedule " << n;
  }
}

Verdict in_machine(const Plan& plan, Telling telling) { return live_in_machine(plan, telling); }

// ---- what the proof found

TEST(Found, Facts_are_told_in_the_order_they_were_delivered_however_a_dispatch_runs) {
  lives_well(live_in_driver, plan_of({part("web", Phase::online, Criticality::degradable)}));
}

TEST(Found, What_a_component_was_lent_outlives_its_destructor_on_any_strand) {
  auto web = part("web", Phase::online, Criticality::degradable);
  web.needs.push_back({"database", {}});
  lives_well(live_in_driver, plan_of({part("database"), web}));
}

TEST(Found, A_start_that_is_entered_in_the_tick_of_its_deadline_is_stopped) {
  auto plan = plan_of({part("web", Phase::core)});
  plan.parts[0].budgets.grace = {};
  lives_well(live_in_driver, plan);
}

TEST(Found, A_drain_that_did_not_begin_in_its_budget_never_begins) {
  auto plan = plan_of({part("web")});
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{12}, .act = Act::restart});
  for (int i = 0; i < 3; ++i) {
    plan.disturbances.push_back(
        {.when = once(Moment::What::ordered, Hook::drain), .after = {}, .act = Act::stall});
  }
  lives_well(live_in_driver, plan);
}

TEST(Found, A_nested_lifecycle_that_is_hurried_ends_only_when_its_last_hook_has) {
  auto plan = plan_of({part("plugins"), part("more"), part("still more")});
  for (std::uint32_t i = 0; i < 3; ++i) {
    plan.faults.push_back({i, Hook::drain, 1, Manner::obeys});
    plan.parts[i].budgets.stop = milliseconds{3};
  }
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{5}, .act = Act::restart});
  lives_well(live_in_driver, plan);
}

TEST(Found, A_hook_past_its_budget_is_blamed_for_that_whatever_it_says_itself) {
  auto plan = plan_of({part("web")});
  plan.faults.push_back({0, Hook::stop, 1, Manner::throws_then});
  plan.faults.push_back({0, Hook::drain, 1, Manner::throws_then});
  lives_well(in_machine, plan);
}

TEST(Found, A_restart_that_gets_stuck_says_who_would_not_end) {
  auto plan = plan_of({part("web")});
  plan.faults.push_back({0, Hook::stop, 1, Manner::late});
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{5}, .act = Act::restart});
  lives_well(in_machine, plan);
}

TEST(Found, What_is_queued_does_not_start_in_a_phase_that_was_closed) {
  auto plan = plan_of({part("web"), part("feed", Phase::online, Criticality::degradable),
                       part("news", Phase::online, Criticality::degradable)});
  plan.limits.parallel_starts = 1;
  plan.parts[1].budgets.start = milliseconds{20};
  plan.faults.push_back({1, Hook::start, 1, Manner::slow});  // ends while web stops
  plan.faults.push_back({0, Hook::stop, 1, Manner::slow});
  plan.disturbances.push_back({.when = once(State::runtime_ready),
                               .after = milliseconds{5},
                               .act = Act::restart_part,
                               .part = 0});
  lives_well(in_machine, plan);
}

TEST(Found, What_stands_under_a_start_that_ends_drains_after_it) {
  auto feed = part("feed", Phase::online, Criticality::degradable);
  feed.needs.push_back({"web", {}});
  auto plan = plan_of({part("web"), feed});
  plan.faults.push_back({1, Hook::start, 1, Manner::succeeds_anyway});
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{5}, .act = Act::stop});
  lives_well(in_machine, plan);
}

TEST(Found, A_lame_duck_cut_short_by_a_budget_lets_the_core_drain) {
  auto plan = plan_of({part("log", Phase::core), part("web")});
  plan.limits.lame_duck = milliseconds{300};
  plan.limits.rollback = milliseconds{50};
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{5}, .act = Act::restart});
  plan.disturbances.push_back(
      {.when = once(State::runtime_ready), .after = milliseconds{10}, .act = Act::stop});
  lives_well(in_machine, plan);
}

TEST(Found, A_stop_during_a_roll_back_takes_nothing_from_the_core) {
  auto plan = plan_of({part("log", Phase::core), part("web")});
  plan.limits.rollback = milliseconds{20};
  plan.faults.push_back({0, Hook::stop, 1, Manner::slow});
  plan.faults.push_back({1, Hook::start, 1, Manner::fails});
  plan.faults.push_back({1, Hook::stop, 1, Manner::late});
  plan.disturbances.push_back(
      {.when = once(State::rolling_back), .after = milliseconds{15}, .act = Act::stop});
  lives_well(in_machine, plan);
}

// ---- the simulator itself

TEST(Simulator, The_same_seed_gives_the_same_trace_and_another_gives_another) {
  for (const World world : {World{in_machine}, World{live_in_driver}}) {
    const auto hash = [&](std::uint64_t seed) {
      return world(draw_plan(seed), Telling::silent).hash;
    };
    EXPECT_EQ(hash(7), hash(7));
    EXPECT_NE(hash(7), hash(8));
  }
}

// A world that fails whenever b fails to start.
Verdict fails_with_b(const Plan& plan, Telling) {
  for (const auto& fault : plan.faults) {
    if (plan.parts[fault.part].name == "b" && fault.hook == Hook::start) {
      return {"invariant 0: b fails", 0, 0};
    }
  }
  return {};
}

TEST(Simulator, A_failing_plan_is_shrunk_to_the_part_and_the_fault_that_fail) {
  std::uint64_t seed = 1;
  while (!fails_with_b(draw_plan(seed), Telling::silent).violation) ++seed;
  const auto plan = draw_plan(seed);
  const auto shrunk = shrink(plan, "invariant 0: b fails", [](const Plan& candidate) {
    return fails_with_b(candidate, Telling::silent);
  });
  const auto smallest = without(plan, shrunk.left_out);
  ASSERT_EQ(smallest.parts.size(), 1U);
  EXPECT_EQ(smallest.parts[0].name, "b");
  EXPECT_EQ(smallest.faults.size(), 1U);
  EXPECT_TRUE(smallest.disturbances.empty());
  EXPECT_EQ(parse_left_out(in_digits(shrunk.left_out)), shrunk.left_out);
}

TEST(Simulator, A_crash_is_a_finding_with_its_seed) {
  const auto crash = [](const Plan& plan, Telling) -> Verdict {
    if (plan.seed == 40) std::abort();
    return {};
  };
  const auto tally = run({.world = crash, .from = 1, .count = 100, .jobs = 3});
  ASSERT_TRUE(tally.finding);
  EXPECT_EQ(tally.finding->seed, 40U);
  EXPECT_THAT(tally.finding->violation, HasSubstr("signal 6"));
}

TEST(Simulator, Of_several_failures_the_lowest_seed_is_reported) {
  const auto fail = [](const Plan& plan, Telling) -> Verdict {
    if (plan.seed % 50 == 0) return {"invariant 0: drawn", 0, 0};
    return {};
  };
  const auto tally = run({.world = fail, .from = 1, .count = 1'000, .jobs = 4});
  ASSERT_TRUE(tally.finding);
  EXPECT_EQ(tally.finding->seed, 50U);
}

TEST(Simulator, Numbers_left_out_are_read_as_they_are_written_and_nonsense_is_refused) {
  EXPECT_EQ(in_digits({0, 1, 2, 8}), "0-2,8");
  EXPECT_THAT(parse_left_out("0-2,8"), Optional(LeftOut{0, 1, 2, 8}));
  EXPECT_THAT(parse_left_out(""), Optional(LeftOut{}));
  for (const auto* nonsense : {"a", "1-", "3-1", "1;2", "-4", "1-99999999"}) {
    EXPECT_EQ(parse_left_out(nonsense), std::nullopt) << nonsense;
  }
}

// The numbers of unlabelled acyclic graphs (OEIS A003087).
TEST(SmallGraphs, Every_shape_comes_once) {
  const Budgets budgets;
  EXPECT_EQ(all_shapes(1, budgets).size(), 1U);
  EXPECT_EQ(all_shapes(2, budgets).size(), 2U);
  EXPECT_EQ(all_shapes(3, budgets).size(), 6U);
  EXPECT_EQ(all_shapes(4, budgets).size(), 31U);
}

}  // namespace
}  // namespace orrery::sim
