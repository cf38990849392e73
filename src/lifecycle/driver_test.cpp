// The driver as a program uses it: wiring, subscribers, waiters, retry, restart.
#include "lifecycle/driver.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Coroutines of these tests refer to what the fixture owns, which outlives the loop.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<> succeed() { co_return Result<>{}; }
Task<> refuse(std::string why) {
  Error error{ErrorKind::unavailable, std::move(why)};
  co_return fail(std::move(error).remedy("start it"));
}
// Until it is cancelled.
Task<> hang(Context context) {
  auto sleep = async::sleep_until(context.clock(), async::never, context.token());
  co_await std::move(sleep);
  co_return fail(ErrorKind::cancelled, "cancelled");
}

// What a component does, and what was seen of it.
struct Script {
  std::string name;
  std::vector<std::string>& log;
  std::function<Task<>(Context)> start = [](auto&&) { return succeed(); };
  std::function<Task<>(Context)> drain = [](auto&&) { return succeed(); };
  int made = 0;
  int alive = 0;
};

// Takes whatever the wiring injects, and its script last.
class TestComponent : public Component {
 public:
  template <class... Rest>
  explicit TestComponent(const Rest&... rest)
      : script_{*std::get<sizeof...(Rest) - 1>(std::tie(rest...))} {
    ++script_.made;
    ++script_.alive;
  }
  TestComponent(const TestComponent&) = delete;
  TestComponent& operator=(const TestComponent&) = delete;
  ~TestComponent() override { --script_.alive; }
  Task<> start(Context context) override {
    script_.log.push_back("start " + script_.name);
    return script_.start(std::move(context));
  }
  Task<> drain(Context context) override {
    script_.log.push_back("drain " + script_.name);
    return script_.drain(std::move(context));
  }
  Task<> stop(Context, Outcome) override {
    script_.log.push_back("stop " + script_.name);
    return succeed();
  }

 private:
  Script& script_;
};

asio::awaitable<void> ask(Driver& driver, Goal goal, TimePoint deadline, async::StopToken token,
                          std::vector<std::string>& answers) {
  auto wait = driver.wait(goal, deadline, std::move(token));
  const auto settled = co_await std::move(wait);
  constexpr std::string_view words[] = {"ready", "failed", "stopped"};
  answers.emplace_back(settled ? words[static_cast<std::size_t>(*settled)]
                               : name_of(settled.error().kind()));
}

class DriverTest : public testing::Test {
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
  void create() {
    auto created = Driver::create(
        assembly, {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, limits});
    ASSERT_TRUE(created) << created.error().text();
    driver = std::move(*created);
  }
  void launch() {
    create();
    driver->begin();
    run();
  }
  void wait(Goal goal, TimePoint deadline = async::never, async::StopToken token = {}) {
    scope.spawn("wait", ask(*driver, goal, deadline, std::move(token), answers));
    run();
  }
  void TearDown() override {
    if (!driver) return;
    driver->request_stop();
    run();
    pass(1min);
    EXPECT_EQ(driver->state(), State::stopped);
    EXPECT_THAT(driver->holders(), IsEmpty());
    if (!driver->idle()) std::ignore = driver.release();  // or it would abort all other tests
    driver.reset();
  }

  asio::io_context io;
  async::ManualClock clock;
  Journal journal;
  Limits limits;
  Assembly assembly;
  std::vector<std::string> log;
  std::vector<std::string> answers;
  Script database{"database", log};
  Script web{"web", log};
  Script music{"music", log};
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::unique_ptr<Driver> driver;
};

// ---- wiring

struct Injected {
  TestComponent* database = nullptr;
  bool music = false;
  int number = 0;
};
class Pipeline : public Component {
 public:
  Pipeline(TestComponent& database, Optional<TestComponent&> music, Injected* seen, int number) {
    *seen = {&database, static_cast<bool>(music), number};
  }
  Task<> start(Context) override { return succeed(); }
};

TEST_F(DriverTest, Injects_what_a_part_needs_and_what_it_comes_after_if_that_was_started) {
  for (const bool started : {true, false}) {
    Injected seen;
    Assembly wiring;
    const auto below = wiring.core.add<TestComponent>("database", needs(), &database);
    auto soft = wiring.runtime.add<TestComponent>("music", needs(), &music);
    soft.degradable();
    if (!started) music.start = [](auto&&) { return refuse("no device"); };
    wiring.runtime.add<Pipeline>("pipeline", needs(below), after(soft), &seen, 16);
    assembly = wiring;
    launch();
    EXPECT_NE(seen.database, nullptr);
    EXPECT_EQ(seen.music, started);
    EXPECT_EQ(seen.number, 16);
    EXPECT_TRUE(driver->ready());
    TearDown();
  }
}

TEST_F(DriverTest, Refuses_a_wrong_wiring_with_all_faults_before_anything_is_made) {
  assembly.runtime.add<TestComponent>("web", needs(), &web);
  auto soft = assembly.runtime.add<TestComponent>("music", needs(), &music);
  assembly.runtime.add<TestComponent>("web", needs(soft), &web);
  soft.degradable();
  const auto created = Driver::create(
      assembly, {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, limits});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(created.error().text(),
              AllOf(HasSubstr("'web' is declared twice, at driver_test.cpp:"),
                    HasSubstr("critical 'web' needs degradable 'music'")));
  EXPECT_EQ(web.made + music.made, 0);
}

class Chain : public DriverTest {
 protected:
  void SetUp() override {
    const auto below = assembly.core.add<TestComponent>("database", needs(), &database);
    const auto above = assembly.runtime.add<TestComponent>("web", needs(below), &web);
    assembly.online.add<TestComponent>("music", needs(above), &music);
  }
};

TEST_F(Chain, Starts_in_order_and_drains_and_stops_in_reverse) {
  launch();
  driver->request_stop();
  run();
  EXPECT_THAT(log,
              ElementsAre("start database", "start web", "start music", "drain music", "drain web",
                          "drain database", "stop music", "stop web", "stop database"));
  EXPECT_TRUE(driver->stopped_cleanly());
  EXPECT_EQ(database.alive + web.alive + music.alive, 0);
}

TEST_F(Chain, A_stop_before_the_begin_succeeds_and_makes_nothing) {
  create();
  driver->request_stop();
  driver->begin();
  run();
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_EQ(database.made, 0);
}

TEST_F(Chain, Ready_has_fallen_before_the_first_drain_is_entered) {
  std::vector<bool> ready;
  music.drain = [&](auto&&) {
    ready.push_back(driver->ready());
    return succeed();
  };
  launch();
  EXPECT_TRUE(driver->ready());
  driver->request_stop();
  run();
  EXPECT_THAT(ready, ElementsAre(false));
}

TEST_F(Chain, The_snapshot_is_the_same_until_something_changes) {
  launch();
  const auto before = driver->snapshot();
  EXPECT_EQ(driver->snapshot(), before);
  driver->request_stop();
  run();
  EXPECT_TRUE(before->ready);
  EXPECT_FALSE(driver->snapshot()->ready);
}

// ---- subscribers

std::function<void(const Update&)> note(std::vector<std::string>& seen) {
  return [&seen](const Update& update) {
    seen.push_back(fmt::format("{} {}", update.version, name_of(update.state)));
  };
}

TEST_F(Chain, A_subscriber_gets_the_current_state_then_each_later_one_once_in_order) {
  create();
  std::vector<std::string> seen;
  const auto subscription = driver->subscribe(note(seen));
  EXPECT_THAT(seen, IsEmpty()) << "called inside subscribe";
  driver->begin();
  run();
  EXPECT_THAT(seen, ElementsAre("0 created", "1 core_starting", "2 core_ready",
                                "3 runtime_starting", "4 runtime_ready"));
}

TEST_F(Chain, A_late_subscriber_begins_with_the_current_state) {
  launch();
  std::vector<std::string> seen;
  const auto subscription = driver->subscribe(note(seen));
  driver->request_stop();
  run();
  EXPECT_THAT(seen, ElementsAre("4 runtime_ready", "5 draining", "6 stopping", "7 stopped"));
}

TEST_F(Chain, A_subscriber_may_stop_the_engine_from_its_callback) {
  create();
  std::vector<std::string> seen;
  const auto subscription = driver->subscribe([&](const Update& update) {
    note(seen)(update);
    if (update.state == State::runtime_ready) driver->request_stop();
  });
  driver->begin();
  run();
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_THAT(seen,
              ElementsAre("0 created", "1 core_starting", "2 core_ready", "3 runtime_starting",
                          "4 runtime_ready", "5 draining", "6 stopping", "7 stopped"));
}

TEST_F(Chain, A_subscription_may_end_inside_its_own_callback) {
  create();
  std::vector<std::string> seen;
  std::optional<Driver::Subscription> subscription;
  subscription = driver->subscribe([&, guard = std::make_shared<int>(7)](const Update& update) {
    subscription.reset();
    seen.push_back(fmt::format("{} {}", update.version, *guard));
  });
  driver->begin();
  run();
  EXPECT_THAT(seen, ElementsAre("0 7"));
}

TEST_F(Chain, One_subscriber_may_end_the_subscription_of_another) {
  create();
  std::vector<std::string> seen;
  std::optional<Driver::Subscription> other;
  const auto first = driver->subscribe([&](const Update&) { other.reset(); });
  other = driver->subscribe(note(seen));
  driver->begin();
  run();
  EXPECT_THAT(seen, IsEmpty());
}

// ---- waiters

TEST_F(Chain, Each_waiter_is_answered_exactly_once_also_a_late_one) {
  create();
  wait(Goal::ready);
  wait(Goal::stopped);
  driver->begin();
  run();
  EXPECT_THAT(answers, ElementsAre("ready"));
  wait(Goal::ready);
  driver->request_stop();
  run();
  wait(Goal::ready);
  wait(Goal::stopped);
  EXPECT_THAT(answers, ElementsAre("ready", "ready", "stopped", "stopped", "stopped"));
}

TEST_F(Chain, A_waiter_that_is_cancelled_or_out_of_time_is_told_so_and_never_again) {
  web.start = hang;
  launch();
  async::StopSource source;
  wait(Goal::ready, async::never, source.token());
  wait(Goal::ready, clock.now() + 2s);
  source.request_stop(async::StopReason::finished);
  run();
  EXPECT_THAT(answers, ElementsAre("cancelled"));
  pass(2s);
  EXPECT_THAT(answers, ElementsAre("cancelled", "timeout"));
  driver->request_stop();
  run();
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(Chain, A_waiter_is_told_of_a_failure_with_the_reason_in_the_snapshot) {
  web.start = [](auto&&) { return refuse("port in use"); };
  launch();
  wait(Goal::ready);
  EXPECT_THAT(answers, ElementsAre("failed"));
  EXPECT_EQ(failure_text(*driver->snapshot()), "web: port in use");
  EXPECT_EQ(driver->snapshot()->failure.remedy, "start it");
}

// ---- retry and restart

TEST_F(Chain, Fifty_failures_and_retries_leave_nothing_behind) {
  web.start = [](auto&&) { return refuse("port in use"); };
  launch();
  EXPECT_EQ(driver->state(), State::runtime_failed);
  for (int round = 1; round <= 50; ++round) {
    ASSERT_EQ(web.made, round);
    ASSERT_EQ(web.alive, 0);
    ASSERT_EQ(database.alive, 1);
    ASSERT_THAT(driver->holders(), IsEmpty());
    ASSERT_TRUE(driver->retry());
    run();
  }
  EXPECT_EQ(database.made, 1);
  web.start = [](auto&&) { return succeed(); };
  ASSERT_TRUE(driver->retry());
  run();
  EXPECT_TRUE(driver->ready());
  EXPECT_EQ(web.alive, 1);
}

TEST_F(Chain, A_restart_makes_the_part_and_what_stands_on_it_anew) {
  launch();
  log.clear();
  ASSERT_TRUE(driver->restart("web"));
  EXPECT_FALSE(driver->ready());
  run();
  EXPECT_THAT(log, ElementsAre("drain music", "stop music", "drain web", "stop web", "start web",
                               "start music"));
  EXPECT_TRUE(driver->ready());
  EXPECT_EQ(web.made, 2);
  EXPECT_EQ(web.alive, 1);
  EXPECT_EQ(database.made, 1);
}

TEST_F(Chain, A_request_that_cannot_be_granted_says_why) {
  launch();
  EXPECT_EQ(driver->restart("wep").error().kind(), ErrorKind::not_found);
  EXPECT_EQ(driver->restart("database").error().kind(), ErrorKind::conflict);
  driver->request_stop();
  run();
  const auto refused = driver->retry();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().text(), "a stop was requested");
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace
}  // namespace orrery::lifecycle
