#include <array>
#include <latch>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/backoff.h"
#include "async/gate.h"
#include "async/latch.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/turns.h"
#include "async/workers.h"

namespace orrery::async {
namespace {

using namespace std::chrono_literals;

// Coroutines of these tests refer to what the fixture owns, which outlives the loop.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

class Async : public testing::Test {
 protected:
  void run() {
    io.restart();
    io.poll();
  }
  Scope make_scope() {
    return Scope{"test", io.get_executor(), clock,
                 [this](const std::string& task, const std::exception_ptr& fault) {
                   faults.push_back(task + ": " + describe(fault));
                 }};
  }
  asio::io_context io;
  ManualClock clock;
  std::vector<std::string> faults;
};

asio::awaitable<void> mark(bool& ran) {
  ran = true;
  co_return;
}
asio::awaitable<void> throw_forty_two() {
  throw 42;
  co_return;
}
asio::awaitable<void> sleep_into(Clock& clock, TimePoint at, StopToken token, WaitEnd& end) {
  end = co_await sleep_until(clock, at, token);
}
asio::awaitable<void> wait_latch(Latch& latch, Clock& clock, TimePoint at, StopToken token,
                                 std::vector<WaitEnd>& ends) {
  auto end = co_await latch.wait(clock, at, token);
  ends.push_back(end);
}
asio::awaitable<void> wait_gate(Gate& gate, Clock& clock, TimePoint at,
                                std::vector<WaitEnd>& ends) {
  auto end = co_await gate.wait_empty(clock, at, StopToken{});
  ends.push_back(end);
}

TEST_F(Async, A_spawned_body_never_runs_inside_spawn) {
  bool ran = false;
  auto scope = make_scope();
  scope.spawn("mark", mark(ran));
  EXPECT_FALSE(ran);
  EXPECT_EQ(scope.alive(), 1U);
  run();
  EXPECT_TRUE(ran);
  EXPECT_EQ(scope.alive(), 0U);
}

TEST_F(Async, A_body_stopped_before_its_first_instruction_does_not_run_but_completes) {
  bool ran = false;
  auto scope = make_scope();
  scope.spawn("mark", mark(ran));
  scope.request_stop(StopReason::shutdown);
  run();
  EXPECT_FALSE(ran);
  EXPECT_EQ(scope.alive(), 0U);
}

TEST_F(Async, A_fault_is_reported_with_the_name_of_the_task_even_when_it_is_an_int) {
  auto scope = make_scope();
  scope.spawn("bad", throw_forty_two());
  run();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0], "bad: threw something that is not a std::exception");
}

TEST_F(Async, Ten_thousand_tasks_that_end_at_once_do_not_deepen_the_stack) {
  auto scope = make_scope();
  bool ran = false;
  for (int i = 0; i < 10'000; ++i) scope.spawn("n", mark(ran));
  run();
  EXPECT_EQ(scope.alive(), 0U);
}

TEST_F(Async, A_scope_names_who_is_left) {
  auto scope = make_scope();
  WaitEnd end = WaitEnd::done;
  scope.spawn("sleeper", sleep_into(clock, clock.now() + 1h, scope.token(), end));
  run();
  ASSERT_EQ(scope.holders().size(), 1U);
  EXPECT_EQ(scope.holders()[0].name, "sleeper");
  scope.request_stop(StopReason::shutdown);
  run();
  EXPECT_EQ(end, WaitEnd::stopped);
  EXPECT_EQ(scope.alive(), 0U);
}

void orphan_a_task() {
  asio::io_context io;
  ManualClock clock;
  bool ran = false;
  Scope scope{"s", io.get_executor(), clock, [](auto&&...) {}};
  scope.spawn("orphan", mark(ran));
}

TEST(ScopeDeath, Destroying_a_scope_with_living_tasks_aborts_and_names_one) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(orphan_a_task(), "orphan");
}

TEST_F(Async, A_sleep_ends_at_its_time_and_not_before) {
  auto scope = make_scope();
  WaitEnd end = WaitEnd::done;
  scope.spawn("sleeper", sleep_into(clock, clock.now() + 10s, StopToken{}, end));
  run();
  clock.advance(9s);
  run();
  EXPECT_EQ(scope.alive(), 1U);
  clock.advance(1s);
  run();
  EXPECT_EQ(end, WaitEnd::deadline);
}

TEST_F(Async, A_wait_begun_after_the_stop_request_still_hears_it) {
  auto scope = make_scope();
  StopSource source;
  source.request_stop(StopReason::shutdown);
  WaitEnd end = WaitEnd::done;
  scope.spawn("late", sleep_into(clock, clock.now() + 10s, source.token(), end));
  run();
  EXPECT_EQ(end, WaitEnd::stopped);
}

TEST(StopToken, The_first_reason_counts_and_a_child_hears_its_parent) {
  StopSource parent;
  const StopSource child{parent.token()};
  EXPECT_TRUE(parent.request_stop(StopReason::rollback));
  EXPECT_FALSE(parent.request_stop(StopReason::shutdown));
  EXPECT_TRUE(child.requested());
  EXPECT_EQ(child.token().reason(), StopReason::rollback);
}

TEST(StopToken, A_subscriber_is_called_exactly_once_also_when_late) {
  StopSource source;
  int calls = 0;
  const auto early = source.token().subscribe([&] { ++calls; });
  source.request_stop(StopReason::shutdown);
  source.request_stop(StopReason::shutdown);
  const auto late = source.token().subscribe([&] { ++calls; });
  EXPECT_EQ(calls, 2);
}

TEST_F(Async, A_latch_wakes_early_and_late_waiters_once) {
  auto scope = make_scope();
  Latch latch;
  std::vector<WaitEnd> ends;
  scope.spawn("early", wait_latch(latch, clock, never, StopToken{}, ends));
  scope.spawn("impatient", wait_latch(latch, clock, clock.now() + 1s, StopToken{}, ends));
  run();
  clock.advance(1s);
  run();
  latch.open();
  run();
  scope.spawn("late", wait_latch(latch, clock, never, StopToken{}, ends));
  run();
  EXPECT_EQ(ends, (std::vector{WaitEnd::deadline, WaitEnd::done, WaitEnd::done}));
}

TEST_F(Async, A_closed_gate_refuses_and_tells_when_the_last_has_left) {
  auto scope = make_scope();
  Gate gate;
  std::vector<WaitEnd> ends;
  auto pass = gate.enter();
  ASSERT_TRUE(pass);
  gate.close();
  EXPECT_FALSE(gate.enter());
  scope.spawn("wait", wait_gate(gate, clock, never, ends));
  run();
  EXPECT_TRUE(ends.empty());
  pass.reset();
  run();
  EXPECT_EQ(ends, std::vector{WaitEnd::done});
}

TEST_F(Async, A_gate_that_does_not_empty_gives_up_at_the_deadline) {
  auto scope = make_scope();
  Gate gate;
  std::vector<WaitEnd> ends;
  auto pass = gate.enter();
  scope.spawn("wait", wait_gate(gate, clock, clock.now() + 1s, ends));
  run();
  clock.advance(1s);
  run();
  EXPECT_EQ(ends, std::vector{WaitEnd::deadline});
}

asio::awaitable<void> take_turn(Turns& turns, std::string name, Latch& until, Clock& clock,
                                StopToken token, std::vector<std::string>& story) {
  auto taking = turns.take({never, std::move(token)});
  const auto turn = co_await std::move(taking);
  story.push_back(name + (turn ? " has it" : ": " + turn.error().text()));
  if (!turn) co_return;
  auto waiting = until.wait(clock, never, {});
  co_await std::move(waiting);
}

TEST_F(Async, Turns_are_had_one_after_the_other_in_the_order_they_were_asked_for) {
  auto scope = make_scope();
  Turns turns;
  std::vector<std::string> story;
  std::array<Latch, 3> ends;
  for (const std::size_t i : {0U, 1U, 2U})
    scope.spawn("task", take_turn(turns, std::to_string(i), ends.at(i), clock, {}, story));
  run();
  EXPECT_EQ(story, std::vector<std::string>{"0 has it"});
  ends[0].open();
  run();
  EXPECT_EQ(story.back(), "1 has it");
  EXPECT_EQ(story.size(), 2U);
  ends[1].open();
  run();
  EXPECT_EQ(story.back(), "2 has it");
  ends[2].open();
  run();
}

TEST_F(Async, Who_was_stopped_while_waiting_does_not_keep_the_turn_from_the_next) {
  auto scope = make_scope();
  Turns turns;
  std::vector<std::string> story;
  std::array<Latch, 3> ends;
  StopSource stop;
  scope.spawn("a", take_turn(turns, "a", ends[0], clock, {}, story));
  scope.spawn("b", take_turn(turns, "b", ends[1], clock, stop.token(), story));
  scope.spawn("c", take_turn(turns, "c", ends[2], clock, {}, story));
  run();
  stop.request_stop(StopReason::shutdown);
  run();
  EXPECT_EQ(story.back(), "b: a stop was requested before it was this one's turn");
  ends[0].open();
  run();
  EXPECT_EQ(story.back(), "c has it");
  ends[2].open();
  run();
}

TEST(Backoff, Doubles_up_to_the_cap_with_jitter_and_starts_over_after_a_stable_run) {
  Backoff backoff{{.base = 1s, .cap = 8s, .stable = 60s}, 7};
  for (const auto whole : {1s, 2s, 4s, 8s, 8s}) {
    const auto delay = backoff.after(0s);
    EXPECT_GE(delay, whole / 2);
    EXPECT_LE(delay, whole);
  }
  EXPECT_LE(backoff.after(61s), 1s);
}

TEST(ManualClock, Fires_in_order_of_time_and_not_what_was_cancelled) {
  ManualClock clock;
  std::string fired;
  auto b = clock.arm(clock.now() + 2s, [&] { fired += 'b'; });
  auto a = clock.arm(clock.now() + 1s, [&] { fired += 'a'; });
  auto c = clock.arm(clock.now() + 3s, [&] { fired += 'c'; });
  c.cancel();
  clock.advance(5s);
  EXPECT_EQ(fired, "ab");
}

asio::awaitable<void> ask(Workers& workers, std::function<int()> job, Latch& done,
                          std::vector<Result<int>>& answers) {
  std::move_only_function<Result<int>()> work = [job] { return Result<int>{job()}; };
  auto answer = co_await workers.run<int>(std::move(work));
  answers.push_back(std::move(answer));
  done.open();
}

TEST(Workers, Answer_on_the_callers_executor_and_refuse_beyond_the_queue) {
  asio::io_context io;
  SteadyClock clock{io.get_executor()};
  Scope scope{"test", io.get_executor(), clock, [](auto&&...) {}};
  std::vector<Result<int>> answers;
  Latch done;
  std::latch hold{1};
  {
    Workers workers{"pool", 1, 1};
    for (int i = 0; i < 4; ++i) {
      scope.spawn("ask", ask(
                             workers,
                             [&] {
                               hold.wait();
                               return 7;
                             },
                             done, answers));
    }
    io.poll();
    hold.count_down();
    io.restart();
    io.run();
  }
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].error().kind(), ErrorKind::limited);
  EXPECT_TRUE(answers.back().has_value());
}

asio::awaitable<void> block(std::latch& begun, std::latch& hold) {
  begun.count_down();
  hold.wait();
  co_return;
}

TEST(Loop, Names_from_another_thread_who_blocks_it) {
  Loop loop{"bot"};
  loop.start();
  SteadyClock clock{loop.executor()};
  std::latch begun{1};
  std::latch hold{1};
  Scope scope{"test", loop.strand().labelled("command block"), clock, [](auto&&...) {}};
  scope.spawn("block", block(begun, hold));
  begun.wait();
  const auto spell = loop.strand().busy->now();
  ASSERT_TRUE(spell);
  EXPECT_EQ(spell->who, "command block");
  EXPECT_FALSE(loop.stop(5ms));
  hold.count_down();
  EXPECT_TRUE(loop.stop(10s));
  EXPECT_EQ(scope.alive(), 0U);
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace
}  // namespace orrery::async
