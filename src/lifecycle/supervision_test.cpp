// Background tasks under supervision: restarted after a back-off, given up, stopped in between.
#include "lifecycle/supervision.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/driver.h"

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Coroutines of these tests refer to what the fixture owns, which outlives the loop.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<> succeed() { co_return Result<>{}; }
Task<> refuse(std::string why) { co_return fail(ErrorKind::unavailable, "{}", why); }
Task<> take(async::Clock& clock, Duration time) {
  auto sleep = async::sleep_until(clock, clock.now() + time, {});
  co_await std::move(sleep);
  co_return Result<>{};
}
Task<> serve(async::Clock& clock, TimePoint until, async::StopToken token) {
  auto sleep = async::sleep_until(clock, until, std::move(token));
  co_await std::move(sleep);
  co_return Result<>{};
}

struct Plan {
  Restarts restarts;
  std::function<Task<>(async::StopToken)> run;
  Duration start_takes{};
};

// Supervises one task, "feed", from its start hook on.
class Feeder : public Component {
 public:
  explicit Feeder(const Plan* plan) : plan_{*plan} {}
  Task<> start(Context context) override {
    context.supervise("feed", plan_.restarts, plan_.run);
    return plan_.start_takes > 0s ? take(context.clock(), plan_.start_takes) : succeed();
  }

 private:
  const Plan& plan_;
};

// Delays lie between half and the whole of the doubled base: at most 1, 2, 4 and 4 seconds.
class Supervision : public testing::Test {
 protected:
  void run() {
    io.restart();
    io.poll();
  }
  void pass(Duration by) {  // timer by timer, so that each is heard at its time
    const auto until = clock.now() + by;
    while (clock.next() && *clock.next() <= until) {
      clock.advance(*clock.next() - clock.now());
      run();
    }
    clock.advance(until - clock.now());
    run();
  }
  void launch(Criticality criticality = Criticality::critical) {
    auto feeder = assembly.runtime.add<Feeder>("feeder", needs(), &plan);
    if (criticality == Criticality::degradable) feeder.degradable();
    auto created = Driver::create(
        assembly, {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, {}});
    ASSERT_TRUE(created) << created.error().text();
    driver = std::move(*created);
    driver->begin();
    run();
  }
  void TearDown() override {
    driver->request_stop();
    run();
    EXPECT_EQ(driver->state(), State::stopped) << "the stop was not heard at once";
    EXPECT_TRUE(driver->stopped_cleanly());
    EXPECT_THAT(driver->holders(), IsEmpty());
    if (!driver->idle()) std::ignore = driver.release();  // or it would abort all other tests
    driver.reset();
  }

  asio::io_context io;
  async::ManualClock clock;
  Journal journal;
  Assembly assembly;
  int attempts = 0;
  Plan plan{
      .restarts = {.at_most = 3, .within = 60s, .backoff = {.base = 1s, .cap = 4s, .stable = 30s}},
      .run = [this](auto&&) {
        ++attempts;
        return refuse("gateway away");
      }};
  std::unique_ptr<Driver> driver;
};

TEST_F(Supervision, A_task_that_failed_is_started_again_after_its_back_off) {
  launch();
  EXPECT_EQ(attempts, 1);
  pass(499ms);
  EXPECT_EQ(attempts, 1);
  pass(501ms);
  EXPECT_EQ(attempts, 2);
  pass(2s);
  EXPECT_EQ(attempts, 3);
  EXPECT_TRUE(driver->ready());
}

TEST_F(Supervision, A_task_that_fails_too_often_takes_a_critical_part_and_its_generation_down) {
  launch();
  pass(7s);
  EXPECT_EQ(attempts, 4);
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_THAT(failure_text(*driver->snapshot()),
              HasSubstr("feeder: task 'feed' failed more than 3 times within 1 min 0 s: "
                        "gateway away"));
  pass(1min);
  EXPECT_EQ(attempts, 4);
}

TEST_F(Supervision, A_task_that_fails_too_often_only_degrades_a_degradable_part) {
  launch(Criticality::degradable);
  pass(7s);
  EXPECT_TRUE(driver->ready());
  EXPECT_THAT(driver->snapshot()->degraded, ElementsAre(HasSubstr("feeder: task 'feed' failed")));
}

TEST_F(Supervision, A_task_that_fails_seldom_is_restarted_for_ever) {
  plan.run = [this](async::StopToken token) {
    ++attempts;
    return serve(clock, clock.now() + 30s, std::move(token));
  };
  launch();
  pass(10min);
  EXPECT_GE(attempts, 18);
  EXPECT_TRUE(driver->ready());
}

TEST_F(Supervision, A_task_that_throws_an_int_has_failed) {
  plan.restarts.at_most = 0;
  plan.run = [](auto&&) -> Task<> { throw 42; };
  launch();
  EXPECT_THAT(failure_text(*driver->snapshot()), HasSubstr("threw something that is not a"));
}

TEST_F(Supervision, A_task_that_ends_without_being_asked_to_has_failed) {
  plan.restarts.at_most = 0;
  plan.run = [](auto&&) { return succeed(); };
  launch();
  EXPECT_THAT(failure_text(*driver->snapshot()), HasSubstr("ended without being asked to"));
}

// TearDown asserts that the stop is over without the clock having moved.
TEST_F(Supervision, A_stop_is_heard_while_the_task_runs) {
  plan.run = [this](async::StopToken token) {
    return serve(clock, async::never, std::move(token));
  };
  launch();
  EXPECT_TRUE(driver->ready());
}

TEST_F(Supervision, A_stop_is_heard_between_two_attempts) {
  launch();
  driver->request_stop();
  run();
  pass(1min);
  EXPECT_EQ(attempts, 1);
}

TEST_F(Supervision, A_task_that_is_given_up_while_the_start_still_runs_is_not_forgotten) {
  plan.restarts.at_most = 0;
  plan.start_takes = 1s;
  launch();
  pass(1s);
  EXPECT_EQ(attempts, 1);
  EXPECT_FALSE(driver->ready()) << "ready, though the task that does the work is gone for good";
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace
}  // namespace orrery::lifecycle
