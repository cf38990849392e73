// The machine's way up, told as stories. Their language: machine_story_test.cpp.
#include "lifecycle/machine.h"

#include <gtest/gtest.h>

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

void holds(const std::string& story) { EXPECT_EQ(told(story), story); }

TEST(MachineUp, An_empty_graph_is_ready_at_once_and_stops_at_once) {
  holds(R"(
--
0 begun -> state core_starting/core_ready/runtime_starting/runtime_ready
5 stop -> state draining/stopping/stopped
)");
}

TEST(MachineUp, One_part_starts_drains_and_stops) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
3 ask ready -> no
5 started web -> state runtime_ready
5 ask ready -> yes
9 stop -> state draining, drain web
9 ask ready -> no
10 drained web -> state stopping, stop web
12 stopped web -> state stopped
12 ask clean -> yes
)");
}

TEST(MachineUp, Parts_start_in_parallel_along_the_edges_phase_by_phase) {
  holds(R"(
journal core
database core needs=journal
clock
web needs=database
commands needs=clock,web
presence online needs=commands
--
0 begun -> state core_starting, start journal
1 started journal -> start database
2 started database -> state core_ready/runtime_starting, start clock, start web
3 started web
4 started clock -> start commands
5 started commands -> state runtime_ready, start presence
6 started presence
)");
}

TEST(MachineUp, No_more_parts_start_at_a_time_than_the_limit_allows) {
  holds(R"(
limits parallel=2
a
b
c
d
--
0 begun -> state core_starting/core_ready/runtime_starting, start a, start b
1 started b -> start c
2 started a -> start d
3 started c
4 started d -> state runtime_ready
)");
}

TEST(MachineUp, A_start_that_fails_takes_its_generation_back_and_is_stopped_itself) {
  holds(R"(
database
web needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 failed web port-in-use -> blame web start failed, state rolling_back, stop web after failed
3 stopped web -> stop database
4 stopped database -> state runtime_failed
4 ask failure -> web: port-in-use
)");
}

TEST(MachineUp, A_failed_start_that_holds_resources_is_stopped_before_what_it_needs) {
  holds(R"(
database
web needs=database
log
--
0 begun -> state core_starting/core_ready/runtime_starting, start database, start log
1 started database -> start web
1 started log
2 failed web -> blame web start failed, state rolling_back, stop web after failed, stop log
3 stopped log
900 stopped web -> stop database
901 stopped database -> state runtime_failed
)");
}

TEST(MachineUp, The_first_cause_is_kept_and_what_it_provoked_is_secondary) {
  holds(R"(
a
b
--
0 begun -> state core_starting/core_ready/runtime_starting, start a, start b
1 failed a first -> blame a start failed, state rolling_back, cancel b start for rollback, stop a after failed
2 failed b second -> provoked b start failed, stop b after failed
3 stopped a
4 stopped b -> state runtime_failed
4 ask failure -> a: first
)");
}

TEST(MachineUp, A_critical_core_part_that_fails_ends_in_core_failed_and_no_retry) {
  holds(R"(
database core
--
0 begun -> state core_starting, start database
1 failed database -> blame database start failed, state rolling_back, stop database after failed
2 stopped database -> state core_failed
3 retry -> refuse retry: the core failed: the process ends
4 stop -> state stopping/stopped
)");
}

TEST(MachineUp, A_core_part_that_dies_after_a_failed_generation_is_the_cause_of_the_new_failure) {
  holds(R"(
database core
web
--
0 begun -> state core_starting, start database
1 started database -> state core_ready/runtime_starting, start web
2 failed web port -> blame web start failed, state rolling_back, stop web after failed
3 stopped web -> state runtime_failed
60000 died database disk -> blame database start failed, state rolling_back, stop database
60001 stopped database -> state core_failed
60001 ask failure -> database: disk
)");
}

TEST(MachineUp, A_degradable_failure_only_skips_what_needs_it) {
  holds(R"(
prefixes degradable
menu degradable needs=prefixes
tips degradable needs=menu
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes, start web
1 failed prefixes corrupt -> blame prefixes start failed, skip menu because prefixes, skip tips because menu, stop prefixes after failed
2 started web -> state runtime_ready
2 ask menu -> skipped #0, needs 'prefixes', which failed: corrupt
3 stopped prefixes
3 ask prefixes -> failed #1, corrupt
)");
}

TEST(MachineUp, A_soft_edge_waits_until_the_other_is_settled_however_it_was_settled) {
  for (const std::string end :
       {"started prefixes -> start commands",
        "failed prefixes -> blame prefixes start failed, stop prefixes after failed, start "
        "commands"}) {
    holds(R"(
prefixes degradable
commands after=prefixes
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes
1 ask commands -> waiting #0, waits for prefixes
2 )" + end +
          R"(
3 started commands -> state runtime_ready
)");
  }
}

TEST(MachineUp, A_soft_edge_to_a_skipped_part_counts_as_settled) {
  holds(R"(
database degradable
prefixes degradable needs=database
commands after=prefixes
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 failed database -> blame database start failed, skip prefixes because database, stop database after failed, start commands
2 started commands -> state runtime_ready
)");
}

TEST(MachineUp, A_slow_degradable_part_and_what_waits_behind_it_do_not_hold_their_phase) {
  holds(R"(
prefixes degradable slow=1000
menu degradable needs=prefixes
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes, start web
5 started web
1000 tick -> slow prefixes, state runtime_ready
1000 ask degraded -> prefixes: still starting
1500 started prefixes -> start menu
1600 started menu
)");
}

TEST(MachineUp, A_slow_degradable_part_releases_also_what_waits_behind_those_that_wait) {
  holds(R"(
cache degradable slow=1000
index degradable needs=cache
search degradable needs=index
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache
1000 tick -> slow cache, state runtime_ready
)");
}

TEST(MachineUp, A_slow_critical_part_is_reported_once_and_holds_its_phase) {
  holds(R"(
web slow=1000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
900 doing web migrating
1000 tick -> slow web
9000 ask web -> starting #1, migrating
9000 started web -> state runtime_ready
)");
}

TEST(MachineUp, A_degradable_part_that_is_not_slow_yet_holds_its_phase) {
  holds(R"(
prefixes degradable slow=1000
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start prefixes, start web
1 started web
2 ask busy -> prefixes
900 started prefixes -> state runtime_ready
)");
}

// ---- waiters

TEST(MachineWaiters, Are_told_once_when_it_is_settled_and_at_once_when_late) {
  holds(R"(
web
--
0 wait ready 1
0 wait stopped 2
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 started web -> state runtime_ready, wake 1 ready
2 wait ready 3 -> wake 3 ready
3 stop -> state draining, drain web
4 wait ready 4 -> wake 4 stopped
5 drained web -> state stopping, stop web
6 stopped web -> state stopped, wake 2 stopped
7 wait stopped 5 -> wake 5 stopped
8 wait ready 6 -> wake 6 stopped
)");
}

TEST(MachineWaiters, Are_told_of_a_failure_only_when_the_roll_back_is_over) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
0 wait ready 1
1 failed web -> blame web start failed, state rolling_back, stop web after failed
2 wait ready 2
3 stopped web -> state runtime_failed, wake 1 failed, wake 2 failed
4 wait ready 3 -> wake 3 failed
5 wait stopped 4
6 stop -> state stopping/stopped, wake 4 stopped
)");
}

TEST(MachineWaiters, Are_told_of_a_stop_at_once_and_not_at_all_when_they_left) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
0 wait ready 1
0 wait ready 2
1 drop 2
2 stop -> wake 1 stopped, state stopping, cancel web start for shutdown
3 gave_way web -> provoked web start cancelled, stop web after cancelled
4 stopped web -> state stopped
)");
}

}  // namespace
}  // namespace orrery::lifecycle
