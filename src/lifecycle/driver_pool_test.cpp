// The driver on a pool of real threads, for ThreadSanitizer above all: every component on a strand
// of its own, talking all the time, while the outside asks for one thing after the other.
#include <future>
#include <random>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/driver.h"

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;

// Coroutines of these tests refer to what the test owns, which outlives the pool.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<> toil(async::Clock& clock, int turns, async::StopToken token) {
  auto sleep = async::sleep_until(clock, clock.now() + 1ms, token);
  co_await std::move(sleep);
  if (turns > 0) co_return fail(ErrorKind::unavailable, "drawn");
  auto wait = async::sleep_until(clock, async::never, std::move(token));
  co_await std::move(wait);
  co_return Result<>{};
}

class Restless final : public Component {
 public:
  template <class... Needs>
  explicit Restless(const Needs&... needs)
      : random_{std::get<sizeof...(Needs) - 1>(std::tie(needs...))} {}

  Task<> start(Context context) override {
    auto turns = std::make_shared<int>(draw(3));
    const Restarts restarts{.at_most = 5, .within = 1s, .backoff = {1ms, 2ms, 1s}};
    context.supervise("toil", restarts, [&clock = context.clock(), turns](async::StopToken token) {
      return toil(clock, (*turns)--, std::move(token));
    });
    return live(std::move(context));
  }
  Task<> drain(Context context) override { return live(std::move(context)); }
  Task<> stop(Context context, Outcome) override { return live(std::move(context)); }

 private:
  int draw(unsigned below) { return static_cast<int>(random_() % below); }

  Task<> live(Context context) {
    for (int i = draw(3); i > 0; --i) {
      context.doing("turn");
      context.extend(1ms);
      context.degraded(i % 2 == 0 ? "drawn" : "");
      auto sleep = async::sleep_until(context.clock(), context.clock().now() + 200us, {});
      co_await std::move(sleep);
    }
    if (draw(8) == 0) throw std::runtime_error("drawn");
    co_return Result<>{};
  }

  std::mt19937 random_;
};

Assembly wire(asio::thread_pool& pool, unsigned life) {
  const auto strand = [&] {
    return async::Strand{asio::make_strand(pool.get_executor()), std::make_shared<async::Busy>()};
  };
  Assembly app;
  auto log = app.core.add<Restless>("log", needs(), life).degradable().on(strand());
  auto database = app.runtime.add<Restless>("database", needs(), life + 1).on(strand());
  auto cache = app.runtime.add<Restless>("cache", needs(database), life + 2).on(strand());
  cache.degradable();
  app.runtime.add<Restless>("web", needs(database), after(cache), life + 3).on(strand());
  app.online.add<Restless>("feed", needs(cache), life + 4).on(strand());
  return app;
}

asio::awaitable<void> trouble(Driver& driver, async::Clock& clock, unsigned life,
                              std::promise<bool>& over) {
  std::mt19937 random{life};
  for (int i = 0; i < 6; ++i) {
    auto sleep = async::sleep_until(clock, clock.now() + std::chrono::microseconds{random() % 2000},
                                    async::StopToken{});
    co_await std::move(sleep);
    const auto draw = random() % 3;
    if (draw == 0) std::ignore = driver.retry();
    if (draw == 1) std::ignore = driver.restart({});
    if (draw == 2) std::ignore = driver.restart("cache");
    std::ignore = driver.snapshot();
  }
  driver.request_stop();
  auto stopping = driver.wait(Goal::stopped, clock.now() + 20s, {});
  const auto stopped = co_await std::move(stopping);
  auto joining = driver.join(clock.now() + 20s);
  const auto joined = co_await std::move(joining);
  over.set_value(stopped.has_value() && joined == async::WaitEnd::done);
}

void one_life(unsigned life) {
  asio::thread_pool pool{4};
  async::SteadyClock clock{pool.get_executor()};
  Journal journal;
  const async::Strand control{asio::make_strand(pool.get_executor()),
                              std::make_shared<async::Busy>()};
  auto driver = Driver::create(wire(pool, life), {control, clock, journal, {}, life, nullptr});
  ASSERT_TRUE(driver) << driver.error().text();
  std::promise<bool> over;
  auto end = over.get_future();
  async::Scope outside{"outside", control.executor, clock, [](auto&&...) { std::abort(); }};
  asio::post(control.executor, [&] { (*driver)->begin(); });
  outside.spawn("trouble", trouble(**driver, clock, life, over));
  while (end.wait_for(1ms) != std::future_status::ready) std::ignore = (*driver)->ready();
  EXPECT_TRUE(end.get()) << "life " << life;
  pool.join();
  EXPECT_THAT((*driver)->holders(), testing::IsEmpty()) << "life " << life;
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

TEST(DriverPool, Starts_serves_repairs_and_stops_with_every_component_on_a_thread_of_its_own) {
  for (unsigned life = 1; life <= 40; ++life) one_life(life);
}

}  // namespace
}  // namespace orrery::lifecycle
