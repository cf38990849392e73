// The machine's way down, told as stories. Their language: machine_story_test.cpp.
#include <gtest/gtest.h>

#include "lifecycle/machine.h"

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

void holds(const std::string& story) { EXPECT_EQ(told(story), story); }

// ---- a stop, at any time

TEST(MachineStop, A_stop_before_the_begin_succeeds_and_nothing_ever_starts) {
  holds(R"(
web
--
0 stop -> state stopping/stopped
1 begun
2 stop
3 retry -> refuse retry: a stop was requested
)");
}

TEST(MachineStop, A_stop_during_bootstrap_reaches_the_core_and_starts_nothing_more) {
  holds(R"(
database core
journal core
web
--
0 begun -> state core_starting, start database, start journal
1 started journal
2 stop -> state stopping, cancel database start for shutdown, stop journal
3 stopped journal
4 gave_way database -> provoked database start cancelled, stop database after cancelled
5 stopped database -> state stopped
5 ask clean -> yes
)");
}

TEST(MachineStop, A_start_that_runs_is_cancelled_and_stopped_before_what_it_needs) {
  holds(R"(
database
web needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 stop -> state stopping, cancel web start for shutdown
3 gave_way web -> provoked web start cancelled, stop web after cancelled
4 stopped web -> stop database
5 stopped database -> state stopped
)");
}

TEST(MachineStop, A_start_that_succeeds_despite_its_cancellation_is_started_hence_stopped) {
  holds(R"(
database
web needs=database
tips needs=web
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 stop -> state stopping, cancel web start for shutdown
3 started web -> stop web
4 stopped web -> stop database
5 stopped database -> state stopped
)");
}

TEST(MachineStop, A_start_cancelled_between_spawn_and_first_instruction_is_not_stopped) {
  holds(R"(
database
web late needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 stop -> state stopping, cancel web start for shutdown
3 unentered web -> stop database
3 ask web -> waiting #1
4 stopped database -> state stopped
)");
}

TEST(MachineStop, A_hook_that_was_entered_while_its_cancellation_was_on_the_way_is_stopped) {
  holds(R"(
web late
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
2 stop -> state stopping, cancel web start for shutdown
2 entered web
3 gave_way web -> provoked web start cancelled, stop web after cancelled
4 stopped web -> state stopped
)");
}

TEST(MachineStop, Any_number_of_stops_share_one) {
  holds(R"(
web
--
0 up -> state runtime_ready
1 stop -> state draining, drain web
2 stop
3 drained web -> state stopping, stop web
4 stop
5 stopped web -> state stopped
6 stop
)");
}

TEST(MachineStop, Parts_drain_then_stop_in_reverse_order_and_independent_ones_in_parallel) {
  holds(R"(
database core
cache
web needs=database
commands needs=web,cache
clock
--
0 up -> state runtime_ready
1 stop -> state draining, drain commands, drain clock
2 drained commands -> drain web, drain cache
3 drained web -> drain database
4 drained database
5 drained cache
6 drained clock -> state stopping, stop commands, stop clock
7 stopped commands -> stop web, stop cache
8 stopped clock
9 stopped web -> stop database
10 stopped database
11 stopped cache -> state stopped
)");
}

TEST(MachineStop, The_lame_duck_still_accepts_before_anything_drains) {
  holds(R"(
limits lame_duck=2000
web
--
0 up -> state runtime_ready
1 stop -> state draining
1 ask ready -> no
2001 tick -> drain web
2002 drained web -> state stopping, stop web
2003 stopped web -> state stopped
)");
}

TEST(MachineStop, A_part_that_was_never_ready_has_nothing_to_drain) {
  holds(R"(
limits lame_duck=2000
cache
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache, start web
1 started cache
2 stop -> state stopping, cancel web start for shutdown, stop cache
)");
}

// ---- hooks that do not behave

TEST(MachineStop, A_stop_that_throws_is_recorded_and_the_others_go_on_at_once) {
  holds(R"(
database
web needs=database
--
0 up -> state runtime_ready
1 stop -> state draining, drain web
2 drained web -> drain database
3 drained database -> state stopping, stop web
4 stopped web threw -> blame web stop failed, stop database
5 stopped database -> state stopped
5 ask clean -> no
5 ask survivors -> nothing
)");
}

TEST(MachineStop, A_stop_past_its_budget_is_cancelled_and_the_others_go_on) {
  holds(R"(
database
web needs=database stop=3000
--
0 up -> state runtime_ready
0 stop -> state draining, drain web
0 drained web -> drain database
0 drained database -> state stopping, stop web
3000 tick -> cancel web stop for deadline
3100 stopped web late -> blame web stop timed_out, stop database
3200 stopped database -> state stopped
3200 ask clean -> no
)");
}

TEST(MachineStop, A_stop_that_ignores_its_cancellation_is_abandoned_by_name) {
  holds(R"(
database
web needs=database stop=3000 grace=1000
--
0 up -> state runtime_ready
0 stop -> state draining, drain web
0 drained web -> drain database
0 drained database -> state stopping, stop web
3000 tick -> cancel web stop for deadline
4000 tick -> abandon web stop, stop database
4001 stopped database -> left web (stop), state stopped
4001 ask clean -> no
4001 ask survivors -> web (stop)
9000 stopped web
9000 ask survivors -> nothing
)");
}

TEST(MachineStop, A_drain_past_its_budget_gives_way_to_the_stop) {
  holds(R"(
web drain=2000 grace=1000
--
0 up -> state runtime_ready
0 stop -> state draining, drain web
2000 tick -> cancel web drain for deadline
2001 drained web in-flight -> blame web drain timed_out, state stopping, stop web
2002 stopped web -> state stopped
)");
}

TEST(MachineStop, A_drain_that_fails_does_not_keep_the_part_from_stopping) {
  holds(R"(
web
--
0 up -> state runtime_ready
0 stop -> state draining, drain web
1 drained web broken -> blame web drain failed, state stopping, stop web
)");
}

TEST(MachineStop, The_total_budget_ends_a_stop_that_the_single_budgets_would_let_run_on) {
  holds(R"(
limits stop=6000
a stop=5000
b needs=a stop=5000
c needs=b stop=5000
--
0 up -> state runtime_ready
0 stop -> state draining, drain c
0 drained c -> drain b
0 drained b -> drain a
0 drained a -> state stopping, stop c
4900 stopped c -> stop b
6000 tick -> cancel b stop for hurry, abandon b stop, stop a, cancel a stop for deadline, abandon a stop, left a (stop) and b (stop), state stopped
)");
}

TEST(MachineStop, The_total_budget_also_ends_the_lame_duck_and_the_drains) {
  holds(R"(
limits stop=3000 lame_duck=9000
web
--
0 up -> state runtime_ready
0 stop -> state draining
3000 tick -> state stopping, stop web, cancel web stop for deadline, abandon web stop, left web (stop), state stopped
)");
}

// ---- hurry

TEST(MachineHurry, Ends_lame_duck_and_drains_and_leaves_each_hook_a_moment) {
  holds(R"(
limits lame_duck=5000 hurry=250
database
web needs=database
--
0 up -> state runtime_ready
0 stop -> state draining
1000 hurry -> state stopping, stop web
1250 tick -> cancel web stop for deadline
1500 tick -> abandon web stop, stop database
1501 stopped database -> left web (stop), state stopped
)");
}

TEST(MachineHurry, Cancels_the_drain_that_runs) {
  holds(R"(
limits hurry=250
database
web needs=database
--
0 up -> state runtime_ready
0 stop -> state draining, drain web
1000 hurry -> cancel web drain for hurry
1001 drained web -> state stopping, stop web
1002 stopped web -> stop database
1003 stopped database -> state stopped
1003 ask clean -> yes
)");
}

TEST(MachineHurry, Tightens_a_grace_that_runs_and_never_loosens_one) {
  holds(R"(
limits hurry=250
web grace=1000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
0 stop -> state stopping, cancel web start for shutdown
100 hurry
300 hurry
350 tick -> abandon web start, provoked web start cancelled, stop web after cancelled
351 stopped web -> left web (start), state stopped
)");
}

TEST(MachineHurry, Without_a_stop_request_means_nothing) {
  holds(R"(
web
--
0 up -> state runtime_ready
1 hurry
2 ask ready -> yes
)");
}

}  // namespace
}  // namespace orrery::lifecycle
