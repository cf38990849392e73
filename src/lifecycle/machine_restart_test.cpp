// Restarts, deaths and degradation after the start, told as stories. Their language:
// machine_story_test.cpp. A little over 400 lines: the stories are one subject, and prose mostly.
#include <algorithm>

#include <gtest/gtest.h>

#include "lifecycle/machine.h"

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

void holds(const std::string& story) { EXPECT_EQ(told(story), story); }

Spec named(std::string name) {
  Spec spec;
  spec.name = std::move(name);
  return spec;
}

TEST(MachineRestart, Of_a_degradable_part_keeps_who_waits_for_its_outcome_waiting) {
  holds(R"(
prefixes degradable
web
--
0 up -> state runtime_ready
1 restart prefixes -> drain prefixes
1 ask ready -> yes
1 wait ready 1
2 drained prefixes -> stop prefixes
3 stopped prefixes -> start prefixes
4 started prefixes -> wake 1 ready
)");
}

TEST(MachineRestart, Of_a_critical_part_lowers_readiness_and_raises_it_again) {
  holds(R"(
database
web needs=database
presence online needs=web
--
0 up -> state runtime_ready
1 restart web -> state runtime_starting, drain presence
1 ask ready -> no
1 wait ready 1
2 drained presence -> stop presence, drain web
3 drained web
4 stopped presence -> stop web
5 stopped web -> start web
6 started web -> state runtime_ready, wake 1 ready, start presence
7 started presence
7 ask generation -> 1
7 ask web -> started #2
7 ask database -> started #1
)");
}

TEST(MachineRestart, Of_a_degradable_part_takes_its_dependents_along_and_leaves_it_ready) {
  holds(R"(
prefixes degradable
menu degradable needs=prefixes
web
--
0 up -> state runtime_ready
1 restart prefixes -> drain menu
1 ask ready -> yes
2 drained menu -> stop menu, drain prefixes
3 drained prefixes
4 stopped menu -> stop prefixes
5 stopped prefixes -> start prefixes
6 started prefixes -> start menu
7 started menu
7 ask menu -> started #2
7 ask web -> started #1
)");
}

TEST(MachineRestart, Of_a_part_takes_those_along_that_merely_come_after_it) {
  holds(R"(
prefixes degradable
commands after=prefixes
--
0 up -> state runtime_ready
1 restart prefixes -> state runtime_starting, drain commands
2 drained commands -> stop commands, drain prefixes
3 drained prefixes
4 stopped commands -> stop prefixes
5 stopped prefixes -> start prefixes
6 started prefixes -> start commands
7 started commands -> state runtime_ready
)");
}

TEST(MachineRestart, While_the_part_starts_cancels_that_start_and_begins_anew) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 restart web -> cancel web start for restart
2 gave_way web -> provoked web start cancelled, stop web after cancelled
3 stopped web -> start web
4 started web -> state runtime_ready
4 ask generation -> 1
4 ask web -> started #2
)");
}

TEST(MachineRestart, While_the_part_starts_and_succeeds_anyway_stops_it_first) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 restart web -> cancel web start for restart
2 started web -> stop web
3 stopped web -> start web
)");
}

TEST(MachineRestart, While_a_stop_is_requested_is_refused) {
  holds(R"(
web
--
0 up -> state runtime_ready
1 stop -> state draining, drain web
2 restart web -> refuse restart: a stop was requested
3 restart everything -> refuse restart: a stop was requested
)");
}

TEST(MachineRestart, Is_forgotten_when_a_stop_is_requested) {
  holds(R"(
web
--
0 up -> state runtime_ready
1 restart web -> state runtime_starting, drain web
2 stop -> state stopping
3 drained web -> stop web
4 stopped web -> state stopped
)");
}

TEST(MachineRestart, Requests_of_the_same_part_and_of_what_it_stands_on_merge) {
  holds(R"(
database drain=0
web needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
0 started database -> start web
1 restart web -> cancel web start for restart
2 restart web
3 restart database
4 gave_way web -> provoked web start cancelled, stop web after cancelled
5 stopped web -> stop database
6 stopped database -> start database
7 started database -> start web
8 started web -> state runtime_ready
8 ask web -> started #2
8 ask database -> started #2
)");
}

TEST(MachineRestart, A_part_that_serves_is_drained_also_while_another_is_restarted) {
  holds(R"(
music
web
--
0 up -> state runtime_ready
1 restart web -> state runtime_starting, drain web
2 restart music -> drain music
3 drained music -> stop music
)");
}

// In which state the drain runs is the engine's choice.
TEST(MachineRestart, A_part_that_serves_is_drained_also_when_a_stop_comes_during_a_restart) {
  const auto graph = *Graph::build({named("music"), named("web")});
  Machine machine{graph, {}};
  machine.tell({}, fact::Begun{});
  for (const NodeId id : {0U, 1U}) {
    machine.tell({}, fact::Entered{id, 1});
    machine.tell({}, fact::StartEnded{id, 1, Outcome::started, {}});
  }
  machine.tell({}, fact::RestartRequested{1});
  const auto orders = machine.tell({}, fact::StopRequested{});
  EXPECT_TRUE(std::ranges::any_of(orders, [](const Order& order) {
    const auto* drain = std::get_if<order::Drain>(&order);
    return drain != nullptr && drain->node == 0;
  }));
}

TEST(MachineRestart, That_fails_takes_the_generation_back_if_the_part_is_critical) {
  holds(R"(
database
web needs=database
--
0 up -> state runtime_ready
1 restart web -> state runtime_starting, drain web
2 drained web -> stop web
3 stopped web -> start web
4 failed web port -> blame web start failed, state rolling_back, stop web after failed
5 stopped web -> stop database
6 stopped database -> state runtime_failed
)");
}

TEST(MachineRestart, That_fails_only_degrades_if_the_part_is_degradable) {
  holds(R"(
prefixes degradable
web
--
0 up -> state runtime_ready
1 restart prefixes -> drain prefixes
2 drained prefixes -> stop prefixes
3 stopped prefixes -> start prefixes
4 failed prefixes corrupt -> blame prefixes start failed, stop prefixes after failed
4 ask ready -> yes
4 ask degraded -> prefixes: corrupt
)");
}

TEST(MachineRestart, Of_a_failed_part_gives_those_another_chance_that_were_skipped) {
  holds(R"(
prefixes degradable
menu degradable needs=prefixes
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes
1 failed prefixes -> blame prefixes start failed, skip menu because prefixes, stop prefixes after failed, state runtime_ready
2 restart prefixes
3 stopped prefixes -> start prefixes
4 started prefixes -> start menu
5 started menu
5 ask degraded -> nothing
)");
}

TEST(MachineRestart, Of_a_part_whose_stop_refuses_to_end_never_runs_two_of_it) {
  holds(R"(
web stop=1000 grace=500
--
0 up -> state runtime_ready
1 restart web -> state runtime_starting, drain web
2 drained web -> stop web
1002 tick -> cancel web stop for deadline
1502 tick -> abandon web stop, blame web start failed, state rolling_back, left web (stop), state stuck
9000 stopped web -> state runtime_failed
)");
}

TEST(MachineRestart, Of_a_core_part_or_of_a_runtime_that_is_not_up_is_refused) {
  holds(R"(
database core
web
--
0 begun -> state core_starting, start database
0 restart everything -> refuse restart: the runtime has not begun yet
0 restart web -> refuse restart: the runtime is not up: retry it first
1 started database -> state core_ready/runtime_starting, start web
1 restart database -> refuse restart: a core part is restarted with the process
)");
}

TEST(MachineRestart, Of_everything_drains_and_spares_the_core) {
  holds(R"(
database core
cache
web needs=cache
--
0 up -> state runtime_ready
1 restart everything -> state draining, drain web
2 drained web -> drain cache
3 drained cache -> state rolling_back, stop web
4 stopped web -> stop cache
5 stopped cache -> state runtime_starting, start cache
6 started cache -> start web
7 started web -> state runtime_ready
7 ask generation -> 2
7 ask database -> started #1
)");
}

// ---- after ready

TEST(MachineDeath, Of_the_last_critical_part_after_ready_takes_the_generation_back) {
  holds(R"(
web
--
0 up -> state runtime_ready
1 died web gone -> blame web start failed, state rolling_back, stop web
2 stopped web -> state runtime_failed
2 ask failure -> web: gone
3 retry -> state runtime_starting, start web
)");
}

TEST(MachineDeath, Of_a_degradable_part_degrades_and_its_stop_comes_with_the_generations) {
  holds(R"(
prefixes degradable
menu degradable needs=prefixes
--
0 up -> state runtime_ready
1 died prefixes gone -> blame prefixes start failed
1 ask ready -> yes
1 ask degraded -> prefixes: gone
2 stop -> state draining, drain menu
3 drained menu -> drain prefixes
4 drained prefixes -> state stopping, stop menu
5 stopped menu -> stop prefixes
)");
}

TEST(MachineDeath, Of_a_degradable_part_skips_those_that_need_it_and_have_not_begun) {
  holds(R"(
prefixes degradable
web
menu online needs=prefixes
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes, start web
1 started prefixes
2 died prefixes gone -> blame prefixes start failed, skip menu because prefixes
3 started web -> state runtime_ready
)");
}

TEST(MachineDeath, Of_a_critical_part_while_another_is_restarted_ends_the_restart) {
  holds(R"(
a
b
--
0 up -> state runtime_ready
1 restart a -> state runtime_starting, drain a
2 died b gone -> blame b start failed, state rolling_back, stop b
3 drained a -> stop a
4 stopped b
5 stopped a -> state runtime_failed
)");
}

// Which orders follow, and at which of the two facts, is the engine's choice; ready it is not.
TEST(MachineDeath, Of_a_background_task_while_the_start_still_runs_is_not_forgotten) {
  const auto graph = *Graph::build({named("web")});
  Machine machine{graph, {}};
  machine.tell({}, fact::Begun{});
  machine.tell({}, fact::Entered{0, 1});
  machine.tell({}, fact::Died{0, 1, {"gone", {}}});
  machine.tell({}, fact::StartEnded{0, 1, Outcome::started, {}});
  EXPECT_FALSE(machine.ready());
}

TEST(MachineOnline, Failure_in_post_ready_work_degrades_and_leaves_it_ready) {
  holds(R"(
web
presence online needs=web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 started web -> state runtime_ready, start presence
2 failed presence rejected -> blame presence start failed, stop presence after failed
2 ask ready -> yes
2 ask degraded -> presence: rejected
3 stopped presence
4 stop -> state draining, drain web
)");
}

TEST(MachineDegraded, Says_what_is_missing_until_it_is_there_again) {
  holds(R"(
prefixes degradable
web
--
0 up -> state runtime_ready
1 degraded web no-cache -> degraded web
1 degraded web no-cache
2 degraded prefixes stale -> degraded prefixes
2 ask degraded -> prefixes: stale; web: no-cache
2 ask ready -> yes
3 degraded web -> degraded web
3 ask degraded -> prefixes: stale
)");
}

TEST(MachineDegraded, Gives_the_reason_of_each_part_that_failed_was_skipped_or_is_slow) {
  holds(R"(
cache degradable slow=1000
prefixes degradable
menu degradable needs=prefixes
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache, start prefixes, start web
1 started web
2 failed prefixes corrupt -> blame prefixes start failed, skip menu because prefixes, stop prefixes after failed
3 stopped prefixes
1000 tick -> slow cache, state runtime_ready
1000 ask degraded -> cache: still starting; prefixes: corrupt; menu: needs 'prefixes', which failed: corrupt
1001 started cache
1001 restart prefixes -> start prefixes
1002 started prefixes -> start menu
1003 started menu
1003 ask degraded -> nothing
)");
}

}  // namespace
}  // namespace orrery::lifecycle
