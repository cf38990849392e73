// A lifecycle inside a component, and components on a strand of their own that block it.
#include "lifecycle/nested.h"

#include <latch>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
Task<> hang(Context context) {
  auto sleep = async::sleep_until(context.clock(), async::never, context.token());
  co_await std::move(sleep);
  co_return fail(ErrorKind::cancelled, "cancelled");
}

using Log = std::vector<std::string>;
using Start = std::function<Task<>(Context)>;

class Plugin : public Component {
 public:
  Plugin(Log* log, Start start) : log_{*log}, start_{std::move(start)} {}
  Plugin(Plugin&, Log* log, Start start) : Plugin{log, std::move(start)} {}
  Task<> start(Context context) override {
    log_.push_back("start " + context.name());
    return start_(std::move(context));
  }
  Task<> stop(Context context, Outcome) override {
    log_.push_back("stop " + context.name());
    return succeed();
  }

 private:
  Log& log_;
  Start start_;
};

const Start fine = [](auto&&) { return succeed(); };

class NestedTest : public testing::Test {
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
  Environment environment() {
    return {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, {}};
  }
  // "plugins" holds greeter and, above it, poll; the latter may fail without the former.
  void launch(Start greeter, Start poll) {
    auto wire = [this, greeter, poll](Assembly& inner) {
      auto below = inner.runtime.add<Plugin>("greeter", needs(), &log, greeter);
      inner.runtime.add<Plugin>("poll", needs(below), &log, poll).degradable();
    };
    assembly.runtime
        .add<Nested>("plugins", needs(), environment(), std::function<void(Assembly&)>{wire})
        .budgets({.start = 2s});
    auto created = Driver::create(assembly, environment());
    ASSERT_TRUE(created) << created.error().text();
    driver = std::move(*created);
    driver->begin();
    run();
  }
  void TearDown() override {
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
  Assembly assembly;
  Log log;
  std::optional<Context> inside;
  std::unique_ptr<Driver> driver;
};

TEST_F(NestedTest, Inner_parts_start_within_the_start_and_stop_within_the_stop) {
  launch(fine, fine);
  EXPECT_TRUE(driver->ready());
  EXPECT_THAT(log, ElementsAre("start greeter", "start poll"));
  driver->request_stop();
  run();
  EXPECT_EQ(driver->state(), State::stopped);
  EXPECT_TRUE(driver->stopped_cleanly());
  EXPECT_THAT(log, ElementsAre("start greeter", "start poll", "stop poll", "stop greeter"));
}

TEST_F(NestedTest, An_inner_start_that_fails_is_the_failure_of_the_outer_one) {
  launch([](auto&&) { return refuse("no symbol"); }, fine);
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_EQ(failure_text(*driver->snapshot()), "plugins: greeter: no symbol");
  EXPECT_THAT(log, ElementsAre("start greeter", "stop greeter"));
}

TEST_F(NestedTest, An_inner_start_that_hangs_is_cancelled_by_the_outer_budget) {
  launch(hang, fine);
  pass(2s);
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_THAT(failure_text(*driver->snapshot()), HasSubstr("start of 'plugins' exceeded"));
  EXPECT_THAT(log, ElementsAre("start greeter", "stop greeter"));
}

TEST_F(NestedTest, An_inner_wiring_with_faults_fails_the_start_and_says_why) {
  auto wire = [this](Assembly& inner) {
    inner.runtime.add<Plugin>("greeter", needs(), &log, fine);
    inner.runtime.add<Plugin>("greeter", needs(), &log, fine);
  };
  assembly.runtime.add<Nested>("plugins", needs(), environment(),
                               std::function<void(Assembly&)>{wire});
  driver = std::move(*Driver::create(assembly, environment()));
  driver->begin();
  run();
  EXPECT_THAT(failure_text(*driver->snapshot()), HasSubstr("'greeter' is declared twice"));
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(NestedTest, An_inner_critical_part_that_dies_is_the_death_of_the_outer_one) {
  launch(
      [this](const Context& context) {
        inside = context;
        return succeed();
      },
      fine);
  inside->link().died({"crashed", {}});
  inside.reset();
  run();
  EXPECT_EQ(driver->state(), State::runtime_failed);
  EXPECT_EQ(failure_text(*driver->snapshot()), "plugins: greeter: crashed");
}

TEST_F(NestedTest, What_is_degraded_inside_when_it_starts_degrades_the_outer_part) {
  launch(fine, [](auto&&) { return refuse("no quota"); });
  EXPECT_TRUE(driver->ready());
  EXPECT_THAT(driver->snapshot()->degraded, ElementsAre("plugins: poll: no quota"));
}

TEST_F(NestedTest, What_degrades_inside_later_degrades_the_outer_part) {
  launch(fine, [this](const Context& context) {
    inside = context;
    return succeed();
  });
  EXPECT_THAT(driver->snapshot()->degraded, IsEmpty());
  inside->degraded("no quota");
  inside.reset();
  run();
  EXPECT_THAT(driver->snapshot()->degraded, ElementsAre("plugins: poll: no quota"));
}

TEST_F(NestedTest, A_degradable_part_that_dies_inside_later_degrades_the_outer_part) {
  launch(fine, [this](const Context& context) {
    inside = context;
    return succeed();
  });
  inside->link().died({"crashed", {}});
  inside.reset();
  run();
  EXPECT_TRUE(driver->ready());
  EXPECT_THAT(driver->snapshot()->degraded, ElementsAre("plugins: poll: crashed"));
}

// ---- a strand of its own

// Blocks the thread it runs on when it is stopped, as no plugin should.
class Blocker : public Component {
 public:
  Blocker(Plugin&, std::latch* begun, std::latch* hold) : begun_{*begun}, hold_{*hold} {}
  Task<> start(Context) override {
    thread = std::this_thread::get_id();
    return succeed();
  }
  Task<> stop(Context, Outcome) override {
    begun_.count_down();
    hold_.wait();
    return succeed();
  }
  static inline std::atomic<std::thread::id> thread;

 private:
  std::latch& begun_;
  std::latch& hold_;
};

asio::awaitable<void> watch(Driver& driver, Goal goal, std::optional<Settled>& settled) {
  auto wait = driver.wait(goal, async::never, {});
  const auto end = co_await std::move(wait);
  settled = *end;
}
asio::awaitable<void> join(Driver& driver, bool& joined) {
  auto wait = driver.join(async::never);
  co_await std::move(wait);
  joined = true;
}

TEST(OwnStrand, A_part_that_blocks_its_thread_does_not_keep_the_stop_from_ending_in_its_budget) {
  asio::io_context control;
  const auto guard = asio::make_work_guard(control);
  async::SteadyClock clock{control.get_executor()};
  async::Loop bot{"bot"};
  bot.start();
  Journal journal;
  Log log;
  std::latch begun{1};
  std::latch hold{1};
  Assembly assembly;
  auto below = assembly.runtime.add<Plugin>("database", needs(), &log, fine);
  auto blocker = assembly.runtime.add<Blocker>("blocker", needs(below), &begun, &hold);
  blocker.on(bot.strand()).budgets({.stop = 20ms, .grace = 10ms});
  auto driver = std::move(*Driver::create(
      assembly, {{control.get_executor(), std::make_shared<async::Busy>()}, clock, journal, {}}));
  async::Scope scope{"test", control.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Settled> ready;
  std::optional<Settled> stopped;
  bool joined = false;

  driver->begin();
  scope.spawn("watch", watch(*driver, Goal::ready, ready));
  while (!ready) control.run_one();
  EXPECT_EQ(ready, Settled::ready);
  EXPECT_NE(Blocker::thread.load(), std::this_thread::get_id());

  driver->request_stop();
  scope.spawn("watch", watch(*driver, Goal::stopped, stopped));
  while (!stopped) control.run_one();
  begun.wait();
  EXPECT_FALSE(driver->stopped_cleanly());
  EXPECT_THAT(driver->snapshot()->survivors, ElementsAre("blocker (stop)"));
  EXPECT_THAT(driver->holders(), ElementsAre("blocker stop"));
  EXPECT_THAT(log, ElementsAre("start database", "stop database"));
  const auto spell = bot.strand().busy->now();
  ASSERT_TRUE(spell);
  EXPECT_EQ(spell->who, "blocker");

  hold.count_down();
  scope.spawn("join", join(*driver, joined));
  while (!joined) control.run_one();  // NOLINT(bugprone-infinite-loop): the loop runs join
  EXPECT_TRUE(driver->idle());
  EXPECT_THAT(driver->snapshot()->survivors, IsEmpty());
  EXPECT_TRUE(bot.stop(10s));
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace
}  // namespace orrery::lifecycle
