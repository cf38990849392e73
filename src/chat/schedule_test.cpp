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
    async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
    scope.spawn("task", keep(std::move(task), result));
    io.restart();
    io.run();
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
    wait(schedule.run_due({}));
  }
  std::string outcome(const std::string& name) {
    for (const auto& job : schedule.jobs()) {
      if (job.name == name) return job.outcome;
    }
    return "none";
  }

  asio::io_context io;
  async::ManualClock clock;
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
    auto keeping = kept.keep(std::move(job), std::move(patience));
    co_return co_await std::move(keeping);
  }
  Task<> remove(std::string plugin, std::string name, Patience patience) override {
    return kept.remove(std::move(plugin), std::move(name), std::move(patience));
  }
  MemoryScheduleRecords kept;
  bool away = false;
  int asked = 0;
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
    wait(wary.run_due({}));
    wait(wary.run_due({}));
    clock.advance(1s);
  }
  EXPECT_THAT(ran, IsEmpty());
  EXPECT_LE(moody.asked, 7) << "at 0, 1, 3, 7, 15, 31 s and no more";
  moody.away = false;
  clock.advance(10min);
  wait(wary.run_due({}));
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

TEST_F(Scheduling, It_is_kept_that_a_job_ran_before_it_runs) {
  ASSERT_TRUE(put("hourly", "0 * * * *"));
  schedule.handle("p", [this](Job, Patience patience) { return look(std::move(patience)); });
  pass(1h);
  EXPECT_EQ(seen_next, now + 1h) << "a crash now would not make it run again";
}

}  // namespace
}  // namespace orrery::chat
