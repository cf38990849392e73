// The lifecycle engine by itself: two components, started and stopped in order.
#include <cstdio>

#include <lifecycle/driver.h>

using namespace orrery;
using namespace orrery::lifecycle;

struct Store : Component {
  Task<> start(Context) override { return say("store opened"); }
  Task<> stop(Context, Outcome) override { return say("store closed"); }
  static Task<> say(const char* what) {
    std::puts(what);
    co_return Result<>{};
  }
};

struct Greeter : Component {
  explicit Greeter(Store&) {}
  Task<> start(Context) override { return Store::say("greeter says hello"); }
  Task<> stop(Context, Outcome) override { return Store::say("greeter says goodbye"); }
};

asio::awaitable<void> live(Driver& driver) {
  driver.begin();
  auto settled = co_await driver.wait(Goal::ready, async::never, {});
  std::puts(settled && *settled == Settled::ready ? "ready" : "failed");
  driver.request_stop();
  (void)co_await driver.wait(Goal::stopped, async::never, {});
}

int main() {
  async::Loop loop{"example"};
  async::SteadyClock clock{loop.executor()};
  Journal journal;
  Assembly app;
  auto store = app.runtime.add<Store>("store", needs());
  app.runtime.add<Greeter>("greeter", needs(store));
  auto driver = Driver::create(app, {loop.strand(), clock, journal, Limits{}});
  async::Scope scope{"main", loop.executor(), clock, [](auto&&...) {}};
  scope.spawn("live", live(**driver));
  loop.run_here();
}
