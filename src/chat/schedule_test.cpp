#include "chat/schedule.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::chat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Scheduling : public testing::Test {
 protected:
  Scheduling() {
    schedule.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  }
  Task<> note(Job job) {
    ran.push_back(job.name);
    if (job.payload == "throw") throw 42;
    if (job.payload == "fail") co_return fail(ErrorKind::unavailable, "no luck");
    co_return Result<>{};
  }
  Task<> outlast(Job, Patience patience) {
    clock.advance(patience.deadline - clock.now());
    co_return fail(ErrorKind::timeout, "too slow");
  }
  Task<> look(Patience patience) {
    auto loading = records.load(std::move(patience));
    const auto jobs = co_await std::move(loading);
    seen_next = jobs->front().next;
    co_return Result<>{};
  }
  // The first removes the second and replaces the third.
  Task<> meddle(Job job, Patience patience) {
    ran.push_back(job.name);
    if (job.name != "a") co_return Result<>{};
    auto removing = schedule.remove("p", "b", patience);
    const auto removed = co_await std::move(removing);
    if (!removed) co_return fail(removed.error());
    Job half{.plugin = "p", .name = "c", .schedule = "30 * * * *"};
    auto putting = schedule.put(std::move(half), patience);
    co_return co_await std::move(putting);
  }
  std::size_t records_hold() { return wait(records.load({async::never, {}}))->value().size(); }
  template <class T>
  std::optional<T> wait(asio::awaitable<T> task) {
    std::optional<T> result;
    scope.spawn("task", keep(std::move(task), result));
    go_on();
    return result;
  }
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& result) {
    result = co_await std::move(task);
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

  Result<> put(const std::string& name, const std::string& when, Misfire misfire = Misfire::once,
               const std::string& payload = "") {
    return *wait(schedule.put(
        {.plugin = "p", .name = name, .schedule = when, .misfire = misfire, .payload = payload},
        {async::never, {}}));
  }
  void pass(Duration time) {
    now += std::chrono::duration_cast<std::chrono::milliseconds>(time);
    run_due(schedule);
  }
  Schedule::Spawn spawn() {
    return [this](std::string task, asio::awaitable<void> body) {
      scope.spawn(std::move(task), std::move(body));
    };
  }
  // Until nothing is left that could go on by itself.
  void run_due(Schedule& of) {
    of.run_due(spawn(), {});
    go_on();
  }
  void go_on() {
    io.restart();
    io.poll();
  }
  std::string outcome(const std::string& name) {
    for (const auto& job : schedule.jobs()) {
      if (job.name == name) return job.outcome;
    }
    return "none";
  }

  // Jobs that run until they are let go, each once.
  void hold(const std::string& plugin) {
    schedule.handle(plugin, [this](Job job, Patience) { return held(std::move(job)); });
  }
  Task<> held(Job job) {
    ran.push_back(job.name);
    async::Oneshot<bool> end;
    holding.push_back(end);
    auto waiting = end.take();
    co_await std::move(waiting);
    co_return Result<>{};
  }
  void let_one_go() {
    ASSERT_FALSE(holding.empty());
    const auto end = holding.front();
    holding.pop_front();
    end.set(true);
    go_on();
  }
  void let_all_go() {
    while (!holding.empty()) let_one_go();
  }

  asio::io_context io;
  async::ManualClock clock;
  async::Scope scope{"jobs", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::deque<async::Oneshot<bool>> holding;
  Journal journal;
  WallTime now{1'767'225'600s};  // 2026-01-01T00:00:00Z
  MemoryScheduleRecords records;
  Schedule schedule{records, {clock, journal, [this] { return now; }}};
  std::vector<std::string> ran;
  std::optional<WallTime> seen_next;
};

TEST_F(Scheduling, A_job_runs_each_time_it_is_due) {
  ASSERT_TRUE(put("hourly", "0 * * * *"));
  pass(59min);
  EXPECT_THAT(ran, IsEmpty());
  pass(1min);
  pass(1min);
  EXPECT_THAT(ran, ElementsAre("hourly"));
  pass(59min);
  EXPECT_THAT(ran, ElementsAre("hourly", "hourly"));
  EXPECT_EQ(outcome("hourly"), "done");
}

TEST_F(Scheduling, A_moment_comes_once) {
  ASSERT_TRUE(put("new year", "at 2026-01-01T12:00:00"));
  pass(12h);
  pass(24h);
  EXPECT_THAT(ran, ElementsAre("new year"));
  EXPECT_EQ(put("past", "at 2025-01-01T12:00:00").error().text(),
            "'at 2025-01-01T12:00:00' is never due");
  EXPECT_FALSE(put("no moment", "at 2026-02-30T12:00:00"));
}

TEST_F(Scheduling, What_was_missed_is_dealt_with_as_its_policy_says) {
  ASSERT_TRUE(put("skip", "0 * * * *", Misfire::skip));
  ASSERT_TRUE(put("once", "0 * * * *", Misfire::once));
  ASSERT_TRUE(put("all", "0 * * * *", Misfire::all));
  pass(3h + 30min);  // as if the bot had been down
  EXPECT_THAT(ran, testing::UnorderedElementsAre("once", "all", "all", "all"));
  EXPECT_EQ(outcome("skip"), "skipped");
  ran.clear();
  pass(30min);
  EXPECT_THAT(ran, testing::UnorderedElementsAre("skip", "once", "all"));
}

TEST_F(Scheduling, What_was_missed_for_years_is_made_up_a_hundred_times_at_most) {
  ASSERT_TRUE(put("all", "* * * * *", Misfire::all));
  pass(24h * 400);
  EXPECT_EQ(ran.size(), 100U);
}

TEST_F(Scheduling, A_job_whose_plugin_is_not_there_waits_for_it) {
  ASSERT_TRUE(put("hourly", "0 * * * *"));
  schedule.handle("p", nullptr);
  pass(2h);
  EXPECT_THAT(ran, IsEmpty());
  schedule.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  pass(1min);
  EXPECT_THAT(ran, ElementsAre("hourly"));
}

TEST_F(Scheduling, A_job_that_fails_or_throws_is_noted_and_comes_again) {
  ASSERT_TRUE(put("fails", "0 * * * *", Misfire::once, "fail"));
  ASSERT_TRUE(put("throws", "0 * * * *", Misfire::once, "throw"));
  pass(1h);
  EXPECT_EQ(outcome("fails"), "no luck");
  EXPECT_THAT(outcome("throws"), testing::HasSubstr("it threw"));
  pass(1h);
  EXPECT_EQ(ran.size(), 4U);
}

TEST_F(Scheduling, A_bad_one_is_refused_and_a_new_schedule_replaces_the_old) {
  EXPECT_FALSE(put("x", "nonsense"));
  EXPECT_THAT(schedule.jobs(), IsEmpty());
  ASSERT_TRUE(put("x", "0 * * * *"));
  ASSERT_TRUE(put("x", "30 * * * *"));
  pass(30min);
  pass(30min);
  EXPECT_THAT(ran, ElementsAre("x"));
  EXPECT_TRUE(*wait(schedule.remove("p", "x", {async::never, {}})));
  EXPECT_FALSE(*wait(schedule.remove("p", "x", {async::never, {}})));
}

// Refuses to keep anything while it is away; else does what it is told on the way.
class Moody final : public ScheduleRecords {
 public:
  Task<std::vector<Job>> load(Patience patience) override { return kept.load(std::move(patience)); }
  Task<> keep(Job job, Patience patience) override {
    ++asked;
    if (away) co_return fail(ErrorKind::unavailable, "away");
    if (throws) throw 42;
    auto keeping = kept.keep(std::move(job), std::move(patience));
    auto done = co_await std::move(keeping);
    if (unsure) co_return fail(Error{ErrorKind::unavailable, "gone"}.unsure());
    co_return done;
  }
  Task<> remove(std::string plugin, std::string name, Patience patience) override {
    return kept.remove(std::move(plugin), std::move(name), std::move(patience));
  }
  MemoryScheduleRecords kept;
  bool away = false;
  bool throws = false;
  bool unsure = false;
  int asked = 0;
};

// A stop comes while it is kept that a job begins.
class Stopping final : public ScheduleRecords {
 public:
  Task<std::vector<Job>> load(Patience patience) override { return kept.load(std::move(patience)); }
  Task<> keep(Job job, Patience patience) override {
    if (armed) stop.request_stop(async::StopReason::shutdown);
    return kept.keep(std::move(job), std::move(patience));
  }
  Task<> remove(std::string plugin, std::string name, Patience patience) override {
    return kept.remove(std::move(plugin), std::move(name), std::move(patience));
  }
  MemoryScheduleRecords kept;
  async::StopSource stop;
  bool armed = false;
};

TEST_F(Scheduling, A_job_that_cannot_be_kept_is_put_off_for_longer_each_time) {
  Moody moody;
  Schedule wary{moody, {clock, journal, [this] { return now; }}};
  wary.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  ASSERT_TRUE(
      *wait(wary.put({.plugin = "p", .name = "x", .schedule = "0 * * * *"}, {async::never, {}})));
  moody.away = true;
  moody.asked = 0;
  now += 1h;
  for (int i = 0; i < 60; ++i) {
    run_due(wary);
    run_due(wary);
    clock.advance(1s);
  }
  EXPECT_THAT(ran, IsEmpty());
  EXPECT_LE(moody.asked, 7) << "at 0, 1, 3, 7, 15, 31 s and no more";
  moody.away = false;
  clock.advance(10min);
  run_due(wary);
  EXPECT_THAT(ran, ElementsAre("x"));
}

TEST_F(Scheduling, A_job_that_another_one_removes_or_replaces_does_not_come_back) {
  ASSERT_TRUE(put("a", "0 * * * *"));
  ASSERT_TRUE(put("b", "0 * * * *"));
  ASSERT_TRUE(put("c", "0 * * * *"));
  schedule.handle("p", [this](Job job, Patience patience) {
    return meddle(std::move(job), std::move(patience));
  });
  pass(1h);
  EXPECT_THAT(ran, ElementsAre("a"));
  schedule.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  pass(30min);
  EXPECT_THAT(ran, ElementsAre("a", "c")) << "c is due at half past now";
  EXPECT_EQ(records_hold(), 2U);
}

TEST_F(Scheduling, A_clock_that_is_set_back_does_not_silence_a_job) {
  ASSERT_TRUE(put("hourly", "0 * * * *"));
  pass(24h * 365);
  ran.clear();
  now -= 24h * 365;  // it had been wrong
  pass(1min);
  pass(1h);
  EXPECT_THAT(ran, ElementsAre("hourly"));
}

TEST_F(Scheduling, A_job_that_takes_its_time_holds_up_no_other_and_is_not_begun_twice) {
  hold("slow");
  ASSERT_TRUE(*wait(schedule.put({.plugin = "slow", .name = "slow", .schedule = "0 * * * *"},
                                 {async::never, {}})));
  ASSERT_TRUE(put("quick", "0 * * * *"));
  pass(1h);
  EXPECT_THAT(ran, ElementsAre("quick", "slow"));
  pass(1h);
  EXPECT_THAT(ran, ElementsAre("quick", "slow", "quick"));
  let_one_go();
  EXPECT_THAT(ran, ElementsAre("quick", "slow", "quick", "slow")) << "it had been due meanwhile";
  let_all_go();
  EXPECT_EQ(outcome("slow"), "done");
}

TEST_F(Scheduling, When_many_are_due_at_once_the_rest_follow_as_soon_as_others_end) {
  hold("p");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(fmt::format("job{}", i), "0 * * * *"));
  pass(1h);
  EXPECT_EQ(ran.size(), Schedule::most_at_once);
  let_one_go();
  EXPECT_EQ(ran.size(), Schedule::most_at_once + 1);
  let_all_go();
  EXPECT_EQ(ran.size(), 20U);
  EXPECT_EQ(outcome("job7"), "done");
}

TEST_F(Scheduling, A_job_that_ignores_its_patience_is_named_once) {
  hold("p");
  ASSERT_TRUE(put("stuck", "0 * * * *"));
  std::vector<std::string> said;
  const auto reading = journal.read([&](const Event& event) { said.push_back(event.fact); });
  pass(1h);
  async::StopSource stop;
  std::optional<Result<>> end;
  scope.spawn("run", keep(schedule.run(spawn(), stop.token()), end));
  for (int i = 0; i < 100; ++i) {
    clock.advance(1s);
    go_on();
  }
  EXPECT_EQ(std::ranges::count(said, "a job did not end in its time"), 1);
  stop.request_stop(async::StopReason::shutdown);
  let_all_go();
  EXPECT_TRUE(end && *end);
}

TEST_F(Scheduling, What_became_of_a_job_is_kept_also_when_its_time_is_used_up) {
  schedule.handle("p", [this](Job job, Patience patience) {
    return outlast(std::move(job), std::move(patience));
  });
  ASSERT_TRUE(put("slow", "0 * * * *"));
  pass(1h);
  EXPECT_EQ((*wait(records.load({async::never, {}})))->front().outcome, "too slow");
}

TEST_F(Scheduling, A_job_that_a_stop_keeps_from_beginning_is_due_again) {
  Stopping stopping;
  Schedule once{stopping, {clock, journal, [this] { return now; }}};
  once.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  const Job job{.plugin = "p", .name = "once", .schedule = "at 2026-01-01T01:00:00"};
  ASSERT_TRUE(*wait(once.put(job, {async::never, {}})));
  now += 1h;
  stopping.armed = true;
  once.run_due(spawn(), stopping.stop.token());
  go_on();
  EXPECT_THAT(ran, IsEmpty());
  const auto kept = (*wait(stopping.kept.load({async::never, {}})))->front();
  EXPECT_TRUE(kept.next) << "the next start finds it due";
  EXPECT_EQ(kept.outcome, "");
}

TEST_F(Scheduling, Records_that_throw_put_a_job_off_and_do_not_silence_it) {
  Moody moody;
  Schedule wary{moody, {clock, journal, [this] { return now; }}};
  wary.handle("p", [this](Job job, Patience) { return note(std::move(job)); });
  ASSERT_TRUE(
      *wait(wary.put({.plugin = "p", .name = "x", .schedule = "0 * * * *"}, {async::never, {}})));
  moody.throws = true;
  now += 1h;
  run_due(wary);
  EXPECT_THAT(ran, IsEmpty());
  moody.throws = false;
  clock.advance(1min);
  run_due(wary);
  EXPECT_THAT(ran, ElementsAre("x"));
}

TEST_F(Scheduling, When_nobody_knows_whether_a_change_was_kept_the_jobs_are_read_again) {
  Moody moody;
  Schedule wary{moody, {clock, journal, [this] { return now; }}};
  moody.unsure = true;
  EXPECT_FALSE(
      *wait(wary.put({.plugin = "p", .name = "x", .schedule = "0 * * * *"}, {async::never, {}})));
  EXPECT_THAT(wary.jobs(), IsEmpty());
  async::StopSource stop;
  std::optional<Result<>> end;
  scope.spawn("run", keep(wary.run(spawn(), stop.token()), end));
  go_on();
  EXPECT_EQ(wary.jobs().size(), 1U) << "it was";
  stop.request_stop(async::StopReason::shutdown);
  go_on();
}

TEST_F(Scheduling, It_is_kept_that_a_job_ran_before_it_runs) {
  ASSERT_TRUE(put("hourly", "0 * * * *"));
  schedule.handle("p", [this](Job, Patience patience) { return look(std::move(patience)); });
  pass(1h);
  EXPECT_EQ(seen_next, now + 1h) << "a crash now would not make it run again";
}

}  // namespace
}  // namespace orrery::chat
