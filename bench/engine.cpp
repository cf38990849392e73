#include "engine.h"

#include <chrono>
#include <cstdio>

#include "lifecycle/driver.h"
#include "lifecycle/timeline.h"

namespace orrery::bench {
namespace {

using namespace lifecycle;

class Noop : public Component {
 public:
  Noop() = default;
  explicit Noop(Noop&) {}
  Task<> start(Context) override { co_return Result<>{}; }
};

class Working final : public Component {
 public:
  Working() = default;
  explicit Working(Working&) {}
  Task<> start(Context context) override {
    auto pause = async::sleep_until(
        context.clock(), context.clock().now() + std::chrono::milliseconds{2}, context.token());
    co_await std::move(pause);
    co_return Result<>{};
  }
};

template <class T>
void wire(Assembly& app, std::size_t count, std::size_t width) {
  std::vector<Handle<T>> handles;
  for (std::size_t i = 0; i < count; ++i) {
    const auto name = "component-" + std::to_string(i);
    handles.push_back(i < width ? app.runtime.add<T>(name, needs())
                                : app.runtime.add<T>(name, needs(handles[i - width])));
  }
}

double since(TimePoint begun) { return milliseconds(std::chrono::steady_clock::now() - begun); }

// The caller waits for it.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<void> live(Driver& driver, EngineTimes& times, double& ratio) {
  const auto begun = std::chrono::steady_clock::now();
  driver.begin();
  auto ready = driver.wait(Goal::ready, async::never, {});
  [[maybe_unused]] const auto settled = co_await std::move(ready);
  times.start_ms = since(begun);
  const auto timeline = build_timeline(*driver.snapshot());
  double path = 0;
  for (const auto& entry : timeline.entries) {
    if (entry.critical_path) path += milliseconds(entry.settled - entry.entered);
  }
  ratio = path > 0 ? milliseconds(*timeline.ready) / path : 0;
  const auto stopping = std::chrono::steady_clock::now();
  driver.request_stop();
  auto stopped = driver.wait(Goal::stopped, async::never, {});
  [[maybe_unused]] const auto end = co_await std::move(stopped);
  times.stop_ms = since(stopping);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

template <class T>
EngineTimes run(std::size_t count, std::size_t width, double& ratio) {
  async::Loop loop{"bench"};
  async::SteadyClock clock{loop.executor()};
  Journal journal;
  Assembly app;
  wire<T>(app, count, width);
  auto driver = Driver::create(app, {loop.strand(), clock, journal, Limits{}});
  if (!driver) std::abort();
  EngineTimes times{};
  async::Scope scope{"bench", loop.executor(), clock, [](auto&&...) { std::abort(); }};
  scope.spawn("live", live(**driver, times, ratio));
  loop.run_here();
  return times;
}

}  // namespace

EngineTimes run_engine(std::size_t count) {
  double ratio = 0;
  return run<Noop>(count, 100, ratio);
}

double overhead_over_critical_path() {
  double ratio = 0;
  run<Working>(100, 10, ratio);
  return ratio;
}

}  // namespace orrery::bench
