// Roll-back, retry and what refuses to die, told as stories. Their language:
// machine_story_test.cpp.
#include <gtest/gtest.h>

#include "lifecycle/machine.h"

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

void holds(const std::string& story) { EXPECT_EQ(told(story), story); }

TEST(MachineRollback, Spares_the_core) {
  holds(R"(
database core
web
--
0 begun -> state core_starting, start database
1 started database -> state core_ready/runtime_starting, start web
2 failed web -> blame web start failed, state rolling_back, stop web after failed
3 stopped web -> state runtime_failed
3 ask database -> started #1
4 stop -> state stopping, stop database
)");
}

TEST(MachineRollback, Has_a_budget_of_its_own_whatever_the_start_used_up) {
  holds(R"(
limits rollback=4000
cache stop=3000
web start=30000
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache, start web
1 started cache
29000 failed web -> blame web start failed, state rolling_back, stop web after failed, stop cache
29001 stopped web
31999 stopped cache -> state runtime_failed
)");
}

TEST(MachineRollback, Ends_when_its_own_budget_does) {
  holds(R"(
limits rollback=4000
cache stop=30000
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start cache, start web
1 started cache
1000 failed web -> blame web start failed, state rolling_back, stop web after failed, stop cache
1001 stopped web
5000 tick -> cancel cache stop for hurry, abandon cache stop, left cache (stop), state stuck
)");
}

TEST(MachineRollback, Leaves_a_later_stop_its_own_budget) {
  holds(R"(
limits rollback=4000 stop=9000
database core stop=5000
web stop=30000
--
0 begun -> state core_starting, start database
1 started database -> state core_ready/runtime_starting, start web
1000 failed web -> blame web start failed, state rolling_back, stop web after failed
5000 tick -> cancel web stop for hurry, abandon web stop, left web (stop), state stuck
6000 stop -> state stopping, stop database
10999 stopped database -> left web (stop), state stopped
)");
}

TEST(MachineRollback, A_stop_request_during_it_shares_the_stops_that_run) {
  holds(R"(
database core
web
--
0 begun -> state core_starting, start database
1 started database -> state core_ready/runtime_starting, start web
2 failed web -> blame web start failed, state rolling_back, stop web after failed
3 stop -> state stopping, stop database
4 stopped web
5 stopped database -> state stopped
)");
}

TEST(MachineRollback, A_stop_request_during_it_only_tightens_budgets) {
  holds(R"(
limits rollback=4000 stop=9000
web stop=30000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1000 failed web -> blame web start failed, state rolling_back, stop web after failed
4000 stop -> state stopping
5000 tick -> cancel web stop for hurry, abandon web stop, left web (stop), state stopped
)");
}

TEST(MachineRollback, A_second_signal_during_it_hurries_the_stops_that_run) {
  holds(R"(
limits hurry=250
web stop=5000
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1000 failed web -> blame web start failed, state rolling_back, stop web after failed
1100 stop -> state stopping
1200 hurry
1450 tick -> cancel web stop for deadline
1460 stopped web late -> blame web stop timed_out, state stopped
)");
}

TEST(MachineRollback, A_start_that_succeeds_during_it_is_stopped) {
  holds(R"(
a
b
--
0 begun -> state core_starting/core_ready/runtime_starting, start a, start b
1 failed a -> blame a start failed, state rolling_back, cancel b start for rollback, stop a after failed
2 stopped a
3 started b -> stop b
4 stopped b -> state runtime_failed
)");
}

TEST(MachineRollback, A_core_failure_during_it_takes_the_core_along) {
  holds(R"(
database core
web
--
0 begun -> state core_starting, start database
1 started database -> state core_ready/runtime_starting, start web
2 failed web port -> blame web start failed, state rolling_back, stop web after failed
3 retry
4 died database disk -> blame database start failed, stop database
5 stopped web
6 stopped database -> state core_failed
6 ask failure -> web: port
)");
}

TEST(MachineRollback, A_second_failure_of_the_core_does_not_give_it_more_time) {
  holds(R"(
limits rollback=1000
log core stop=5000
net core needs=log stop=5000
database core
--
0 begun -> state core_starting, start database, start log
1 started log -> start net
2 started net
3 failed database -> blame database start failed, state rolling_back, stop net, stop database after failed
900 died log
1003 tick -> cancel database stop for hurry, cancel net stop for hurry, abandon database stop, abandon net stop, stop log, cancel log stop for deadline, abandon log stop, left database (stop) and log (stop) and net (stop), state core_failed
)");
}

// ---- retry

TEST(MachineRetry, After_a_failure_begins_a_new_generation_of_new_incarnations) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 failed web port -> blame web start failed, state rolling_back, stop web after failed
2 stopped web -> state runtime_failed
3 retry -> state runtime_starting, start web
3 ask generation -> 2
3 ask web -> starting #2
3 ask failure -> nothing
4 started web -> state runtime_ready
)");
}

TEST(MachineRetry, While_the_clean_up_runs_it_waits_for_it) {
  holds(R"(
database
web needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 failed web -> blame web start failed, state rolling_back, stop web after failed
3 retry
4 stopped web -> stop database
5 retry
6 stopped database -> state runtime_starting, start database
6 ask generation -> 2
)");
}

TEST(MachineRetry, Is_forgotten_when_a_stop_arrives_before_the_new_generation) {
  holds(R"(
database
web needs=database
--
0 begun -> state core_starting/core_ready/runtime_starting, start database
1 started database -> start web
2 failed web -> blame web start failed, state rolling_back, stop web after failed
3 retry
4 stop -> state stopping
5 stopped web -> stop database
6 stopped database -> state stopped
7 ask generation -> 1
)");
}

TEST(MachineRetry, Completions_of_an_older_incarnation_mean_nothing_to_the_new_one) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 failed web -> blame web start failed, state rolling_back, stop web after failed
2 stopped web -> state runtime_failed
3 retry -> state runtime_starting, start web
4 started web#1
4 stopped web#1
4 died web#1
4 degraded web#1 old
4 ask web -> starting #2
)");
}

TEST(MachineRetry, Of_what_is_starting_or_ready_changes_nothing) {
  holds(R"(
web
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
1 retry
2 started web -> state runtime_ready
3 retry
3 ask generation -> 1
)");
}

// ---- what refuses to die

TEST(MachineStuck,
     A_part_that_ignores_its_cancellation_is_named_and_a_retry_refused_until_it_ends) {
  holds(R"(
a grace=1000
b
--
0 begun -> state core_starting/core_ready/runtime_starting, start a, start b
1 failed b -> blame b start failed, state rolling_back, cancel a start for rollback, stop b after failed
2 stopped b
1001 tick -> abandon a start, provoked a start cancelled, stop a after cancelled
1002 stopped a -> left a (start), state stuck
1003 retry -> refuse retry: still alive from the last generation: a (start)
1003 ask failure -> still alive from the last generation: a (start)
1003 wait ready 1 -> wake 1 failed
9000 gave_way a -> state runtime_failed
9001 retry -> state runtime_starting, start a, start b
)");
}

TEST(MachineStuck, A_retry_that_waits_for_the_roll_back_is_not_honoured_beside_a_survivor) {
  holds(R"(
web stop=1000 grace=500
--
0 begun -> state core_starting/core_ready/runtime_starting, start web
0 wait ready 1
1 failed web -> blame web start failed, state rolling_back, stop web after failed
2 retry
1001 tick -> cancel web stop for deadline
1501 tick -> abandon web stop, left web (stop), state stuck, wake 1 failed
9000 stopped web -> state runtime_failed
)");
}

TEST(MachineStuck, A_stop_is_still_possible) {
  holds(R"(
database core
web stop=1000 grace=500
--
0 begun -> state core_starting, start database
0 started database -> state core_ready/runtime_starting, start web
1 failed web -> blame web start failed, state rolling_back, stop web after failed
1001 tick -> cancel web stop for deadline
1501 tick -> abandon web stop, left web (stop), state stuck
2000 stop -> state stopping, stop database
2001 stopped database -> left web (stop), state stopped
2001 ask clean -> no
)");
}

}  // namespace
}  // namespace orrery::lifecycle
