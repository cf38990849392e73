// What hooks do to the driver, and what it does about it: throws, budgets, leaks, deaf hooks.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/latch.h"
#include "async/workers.h"
#include "lifecycle/driver.h"

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Coroutines of these tests refer to what the fixture owns, which outlives the loop.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<> succeed() { co_return Result<>{}; }
Task<> refuse(std::string why) { co_return fail(ErrorKind::unavailable, "{}", why); }
Task<> hang(Context context) {
  auto sleep = async::sleep_until(context.clock(), async::never, context.token());
  co_await std::move(sleep);
  co_return fail(ErrorKind::cancelled, "cancelled");
}
Task<> take(async::Clock& clock, Duration time) {
  auto sleep = async::sleep_until(clock, clock.now() + time, {});
  co_await std::move(sleep);
  co_return Result<>{};
}
// Ignores its cancellation until the latch opens.
Task<> deaf(async::Clock& clock, async::Latch& release) {
  auto wait = release.wait(clock, async::never, {});
  co_await std::move(wait);
  co_return Result<>{};
}
Task<> throw_int() {
  throw 42;
  co_return Result<>{};
}
Task<> throw_after(async::Clock& clock, Duration time) {
  auto sleep = async::sleep_until(clock, clock.now() + time, {});
  co_await std::move(sleep);
  throw std::runtime_error{"too late"};
}
asio::awaitable<void> leak(async::Clock& clock, async::Latch& release) {
  auto wait = release.wait(clock, async::never, {});
  co_await std::move(wait);
}

struct Script {
  std::string name;
  std::vector<std::string>& log;
  std::function<void()> construct = [] {};
  std::function<Task<>(Context)> start = [](auto&&) { return succeed(); };
  std::function<Task<>(Context)> drain = [](auto&&) { return succeed(); };
  std::function<Task<>(Context)> stop = [](auto&&) { return succeed(); };
  int alive = 0;
};

// Takes whatever the wiring injects, and its script last.
class TestComponent : public Component {
 public:
  template <class... Rest>
  explicit TestComponent(const Rest&... rest)
      : script_{*std::get<sizeof...(Rest) - 1>(std::tie(rest...))} {
    script_.construct();
    ++script_.alive;
  }
  TestComponent(const TestComponent&) = delete;
  TestComponent& operator=(const TestComponent&) = delete;
  ~TestComponent() override { --script_.alive; }
  Task<> start(Context context) override { return script_.start(std::move(context)); }
  Task<> drain(Context context) override { return script_.drain(std::move(context)); }
  Task<> stop(Context context, Outcome told) override {
    script_.log.push_back(fmt::format("stop {} after {}", script_.name, name_of(told)));
    return script_.stop(std::move(context));
  }

 private:
  Script& script_;
};

// `web` needs `database`; `music` stands alone and is degradable.
class Hooks : public testing::Test {
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
  void wire(Budgets budgets = {}) {
    auto below = assembly.runtime.add<TestComponent>("database", needs(), &database);
    assembly.runtime.add<TestComponent>("web", needs(below), &web).budgets(budgets);
    assembly.runtime.add<TestComponent>("music", needs(), &music).degradable();
  }
  void launch() {
    auto created = Driver::create(
        assembly, {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, {}});
    ASSERT_TRUE(created) << created.error().text();
    driver = std::move(*created);
    driver->begin();
    run();
  }
  void stop() {
    driver->request_stop();
    run();
  }
  std::string failure() { return failure_text(*driver->snapshot()); }
  void TearDown() override {
    release.open();
    if (!driver) return;
    stop();
    pass(1min);
    EXPECT_EQ(driver->state(), State::stopped);
    EXPECT_THAT(driver->holders(), IsEmpty());
    EXPECT_EQ(database.alive + web.alive + music.alive, 0);
    if (!driver->idle()) std::ignore = driver.release();  // or it would abort all other tests
    driver.reset();
  }

  asio::io_context io;
  async::ManualClock clock;
  Journal journal;
  Assembly assembly;
  async::Latch release;
  std::vector<std::string> log;
  Script database{"database", log};
  Script web{"web", log};
  Script music{"music", log};
  std::unique_ptr<Driver> driver;
};

// ---- throws

TEST_F(Hooks, A_constructor_that_throws_is_a_failed_start_without_anything_to_stop) {
  web.construct = [] { throw std::runtime_error{"no memory"}; };
  wire();
  launch();
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_EQ(failure(), "web: no memory");
  EXPECT_THAT(log, ElementsAre("stop music after started", "stop database after started"));
}

TEST_F(Hooks, A_throw_before_the_first_await_is_a_failed_start) {
  web.start = [](auto&&) -> Task<> { throw std::runtime_error{"bad port"}; };
  wire();
  launch();
  EXPECT_EQ(failure(), "web: bad port");
  EXPECT_THAT(log, Contains("stop web after failed"));
}

TEST_F(Hooks, A_throw_after_an_await_is_a_failed_start) {
  web.start = [](const Context& context) { return throw_after(context.clock(), 2s); };
  wire();
  launch();
  EXPECT_EQ(driver->state(), State::runtime_starting);
  pass(2s);
  EXPECT_EQ(failure(), "web: too late");
}

TEST_F(Hooks, A_thrown_int_fails_a_start_a_drain_and_a_stop_alike) {
  music.start = [](auto&&) { return throw_int(); };
  web.drain = [](auto&&) { return throw_int(); };
  web.stop = [](auto&&) { return throw_int(); };
  wire();
  launch();
  EXPECT_TRUE(driver->ready());
  EXPECT_THAT(driver->snapshot()->degraded,
              ElementsAre("music: threw something that is not a std::exception"));
  stop();
  EXPECT_EQ(driver->state(), State::stopped) << "a throw does not wait for its deadline";
  EXPECT_FALSE(driver->stopped_cleanly());
  EXPECT_THAT(log, Contains("stop database after started"));
}

// ---- completions inline, and size

TEST_F(Hooks, Ten_thousand_hooks_that_complete_inline_do_not_deepen_the_stack) {
  auto below = assembly.runtime.add<TestComponent>("part 00000", needs(), &music);
  for (int i = 1; i < 10'000; ++i) {
    below = assembly.runtime.add<TestComponent>(fmt::format("part {:05}", i), needs(below), &music);
  }
  launch();
  EXPECT_TRUE(driver->ready());
  EXPECT_EQ(music.alive, 10'000);
  stop();
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_EQ(log.size(), 10'000U);
}

// ---- not entered

TEST_F(Hooks, A_start_cancelled_between_spawn_and_first_instruction_is_neither_made_nor_stopped) {
  int made = 0;
  database.construct = music.construct = [&] { ++made; };
  wire();
  auto created = Driver::create(
      assembly, {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, {}});
  driver = std::move(*created);
  bool spawned = false;
  asio::post(io, [&] {
    driver->begin();
    spawned = driver->state() == State::runtime_starting && driver->alive() == 2;
    driver->request_stop();
  });
  run();
  EXPECT_TRUE(spawned);
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(made, 0);
}

// ---- budgets

TEST_F(Hooks, A_start_over_its_budget_is_cancelled_and_the_error_says_all_about_it) {
  database.start = [](const Context& context) { return take(context.clock(), 3s); };
  web.start = [](Context context) {
    context.doing("binding port 80");
    return hang(std::move(context));
  };
  wire({.start = 2s});
  launch();
  pass(3s);
  EXPECT_EQ(driver->snapshot()->parts[2].reason, "binding port 80");
  pass(2s);
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_THAT(failure(), AllOf(HasSubstr("start of 'web' exceeded its budget after 2.0 s"),
                               HasSubstr("doing: binding port 80"),
                               HasSubstr("finished before it: database 3.0 s, music")));
  EXPECT_THAT(log, Contains("stop web after timed_out"));
}

TEST_F(Hooks, A_start_may_extend_its_budget_up_to_the_cap) {
  web.start = [](Context context) {
    context.extend(1h);
    return hang(std::move(context));
  };
  wire({.start = 2s, .start_cap = 30s});
  launch();
  pass(29s);
  EXPECT_EQ(driver->state(), State::runtime_starting);
  pass(1s);
  EXPECT_EQ(driver->state(), State::runtime_failed);
}

TEST_F(Hooks, A_part_says_that_it_is_degraded_and_that_it_is_not_any_more) {
  std::optional<Context> inside;
  web.start = [&](const Context& context) {
    inside = context;
    return succeed();
  };
  wire();
  launch();
  inside->degraded("no cache");
  run();
  EXPECT_THAT(driver->snapshot()->degraded, ElementsAre("web: no cache"));
  inside->degraded("");
  run();
  EXPECT_THAT(driver->snapshot()->degraded, IsEmpty());
  inside.reset();
}

TEST_F(Hooks, A_task_leaked_into_the_components_scope_makes_its_stop_overdue_and_is_named) {
  web.start = [&](const Context& context) {
    context.scope().spawn("cron", leak(clock, release));
    return succeed();
  };
  wire({.stop = 2s, .grace = 1s});
  launch();
  stop();
  EXPECT_EQ(driver->state(), State::stopping);
  EXPECT_THAT(driver->holders(), ElementsAre("web stop", "web/cron"));
  pass(3s);
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_FALSE(driver->stopped_cleanly());
  EXPECT_THAT(driver->snapshot()->survivors, ElementsAre("web (stop)"));
  EXPECT_THAT(driver->holders(), ElementsAre("web stop", "web/cron"));
  release.open();
  run();
  EXPECT_TRUE(driver->idle());
}

TEST_F(Hooks, A_stop_that_needs_a_worker_which_never_started_ends_with_its_budget) {
  async::Workers pool{"pool", 0, 8};  // takes jobs; nobody ever does them
  music.start = [](auto&&) { return refuse("no thread"); };
  web.stop = [&](auto&&) { return pool.run<void>([] { return Result<>{}; }); };
  wire({.stop = 2s, .grace = 1s});
  launch();
  stop();
  pass(3s);
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_THAT(driver->snapshot()->survivors, ElementsAre("web (stop)"));
  EXPECT_THAT(log, Contains("stop database after started"));
  EXPECT_THAT(driver->holders(), ElementsAre("web stop"));
  release.open();
}

// ---- hooks that are deaf

TEST_F(Hooks, A_retry_beside_a_deaf_start_is_refused_and_names_it_until_it_has_ended) {
  web.start = [&](auto&&) { return deaf(clock, release); };
  wire({.start = 2s, .grace = 1s});
  launch();
  pass(3s);
  EXPECT_EQ(driver->state(), State::stuck);
  const auto refused = driver->retry();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_THAT(refused.error().text(), HasSubstr("web (start)"));
  EXPECT_THAT(log, Contains("stop web after timed_out"));
  release.open();
  run();
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_EQ(web.alive, 0);
  web.start = [](auto&&) { return succeed(); };
  EXPECT_TRUE(driver->retry());
  run();
  EXPECT_TRUE(driver->ready());
}

TEST_F(Hooks, A_component_outlives_its_deaf_start) {
  web.start = [&](auto&&) { return deaf(clock, release); };
  wire({.start = 2s, .grace = 1s});
  launch();
  pass(3s);
  EXPECT_EQ(web.alive, 1);
  release.open();
  run();
  EXPECT_EQ(web.alive, 0);
}

TEST_F(Hooks, A_component_outlives_its_deaf_drain) {
  web.drain = [&](auto&&) { return deaf(clock, release); };
  wire({.drain = 2s, .grace = 1s});
  launch();
  stop();
  pass(3s);
  ASSERT_THAT(driver->holders(), ElementsAre("web drain"));
  EXPECT_EQ(web.alive, 1) << "the drain still runs in a component that was destroyed";
}

// component.h: "what it needs is started before it is made and destroyed after it is gone".
TEST_F(Hooks, What_a_deaf_start_needs_is_destroyed_after_it) {
  web.start = [&](auto&&) { return deaf(clock, release); };
  wire({.start = 2s, .grace = 1s});
  launch();
  pass(3s);
  ASSERT_EQ(driver->state(), State::stuck);
  ASSERT_EQ(web.alive, 1);
  EXPECT_EQ(database.alive, 1) << "web still runs and refers to a database that was destroyed";
}

TEST_F(Hooks, A_stop_is_called_once_and_told_how_the_start_ended) {
  web.start = hang;
  music.start = [](auto&&) { return refuse("no device"); };
  wire();
  launch();
  stop();
  EXPECT_THAT(log, ElementsAre("stop music after failed", "stop web after cancelled",
                               "stop database after started"));
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace
}  // namespace orrery::lifecycle
