// The machine's budgets and alarms on the way up, and its size. The language of the stories:
// machine_story_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/machine.h"

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

void holds(const std::string& story) { EXPECT_EQ(told(story), story); }

// ---- budgets of a start

TEST(MachineBudget, A_start_past_its_budget_is_cancelled_and_the_error_says_all_about_it) {
  holds(R"(
database
cache
web needs=database start=2000
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache, start database
30 started cache
500 started database -> start web
600 doing web binding
2500 tick -> cancel web start for deadline
2600 gave_way web -> blame web start timed_out, state rolling_back, stop web after timed_out, stop cache
2600 ask failure -> web: start of 'web' exceeded its budget after 2.1 s, doing: binding; finished before it: database 500.0 ms, cache 30.0 ms
)");
}

TEST(MachineBudget, A_start_that_finishes_before_the_tick_of_its_deadline_is_started) {
  holds(R"(
web start=1000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1000 started web -> state runtime_ready
1000 tick
)");
}

TEST(MachineBudget, A_start_that_succeeds_although_its_deadline_ticked_first_is_started) {
  holds(R"(
web start=1000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1000 tick -> cancel web start for deadline
1000 started web -> state runtime_ready
5000 ask web -> started #1
6000 stop -> state draining, drain web
6000 drained web -> state stopping, stop web
6000 stopped web -> state stopped
6000 ask clean -> yes
)");
}

TEST(MachineBudget, A_start_that_ends_cancelled_is_never_a_success_whoever_cancelled_it) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 gave_way web by-itself -> blame web start cancelled, state rolling_back, stop web after cancelled
)");
}

TEST(MachineBudget, A_budget_counts_from_the_first_instruction) {
  holds(R"(
web late start=1000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
900 entered web
1899 started web -> state runtime_ready
)");
}

TEST(MachineBudget, A_strand_that_never_runs_the_hook_is_noticed_and_there_is_nothing_to_stop) {
  holds(R"(
web late start=1000 grace=500
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1000 tick -> cancel web start for deadline
1000 unentered web -> blame web start timed_out, state rolling_back/runtime_failed
1000 ask failure -> web: start of 'web' exceeded its budget after 1.0 s
)");
}

TEST(MachineBudget, A_part_extends_its_budget_up_to_the_cap) {
  holds(R"(
web start=1000 cap=3000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
900 extended web 1500
2400 extended web 60000
3000 tick -> cancel web start for deadline
3100 extended web 60000
3200 gave_way web -> blame web start timed_out, state rolling_back, stop web after timed_out
)");
}

TEST(MachineBudget, A_part_that_was_asked_to_end_cannot_extend_its_budget) {
  holds(R"(
web start=1000 cap=3000 grace=2000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
500 stop -> state stopping, cancel web start for shutdown
600 extended web 200
1200 tick
2500 tick -> abandon web start, provoked web start cancelled, stop web after cancelled
2600 stopped web -> left web (start), state stopped
)");
}

TEST(MachineBudget, A_negative_extension_takes_nothing_away) {
  holds(R"(
web start=1000 cap=3000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
100 extended web -900
999 started web -> state runtime_ready
)");
}

// ---- size

Graph chain_of(std::size_t length) {
  std::vector<Spec> specs(length);
  for (std::size_t i = 0; i < length; ++i) {
    specs[i].name = fmt::format("part {:05}", i);
    specs[i].criticality = Criticality::degradable;
    if (i > 0) specs[i].needs = {{specs[i - 1].name, {}}};
  }
  return *Graph::build(std::move(specs));
}

void fail_the_first(Machine& machine) {
  machine.tell({}, fact::Begun{});
  machine.tell({}, fact::Entered{0, 1});
  machine.tell({}, fact::StartEnded{0, 1, Outcome::failed, {"broken", {}}});
}

TEST(MachineSize, The_reason_of_a_skipped_part_names_the_root_and_does_not_grow_with_the_chain) {
  const auto graph = chain_of(200);
  Machine machine{graph, {}};
  fail_the_first(machine);
  const auto& reason = machine.part(199).failure.text;
  EXPECT_THAT(reason, testing::HasSubstr("broken"));
  // Beyond this a chain of 10,000 would hold gigabytes: it would be no use to go on.
  ASSERT_LT(reason.size(), 500U);

  const auto long_graph = chain_of(10'000);
  Machine long_machine{long_graph, {}};
  fail_the_first(long_machine);
  EXPECT_EQ(long_machine.part(9'999).state, PartState::skipped);
  EXPECT_EQ(long_machine.state(), State::runtime_ready);
}

TEST(MachineSize, A_chain_of_ten_thousand_parts_starts_and_stops_without_recursion) {
  constexpr NodeId length = 10'000;
  const auto graph = chain_of(length);
  Machine machine{graph, {}};
  machine.tell({}, fact::Begun{});
  for (NodeId id = 0; id < length; ++id) {
    ASSERT_EQ(machine.part(id).state, PartState::starting);
    machine.tell({}, fact::Entered{id, 1});
    machine.tell({}, fact::StartEnded{id, 1, Outcome::started, {}});
  }
  EXPECT_TRUE(machine.ready());
  machine.tell({}, fact::StopRequested{});
  for (NodeId id = length; id-- > 0;) machine.tell({}, fact::DrainEnded{id, 1, {}});
  for (NodeId id = length; id-- > 0;) machine.tell({}, fact::StopEnded{id, 1, {}});
  EXPECT_EQ(machine.state(), State::stopped);
}

TEST(MachineSize, A_chain_of_ten_thousand_parts_is_rolled_back_without_recursion) {
  constexpr NodeId length = 10'000;
  const auto graph = chain_of(length);
  Machine machine{graph, {}};
  machine.tell({}, fact::Begun{});
  machine.tell({}, fact::StopRequested{});
  machine.tell({}, fact::StartEnded{0, 1, Outcome::not_entered, {}});
  EXPECT_EQ(machine.state(), State::stopped);
}

}  // namespace
}  // namespace orrery::lifecycle
