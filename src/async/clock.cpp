#include "async/clock.h"

#include <atomic>

#include <boost/asio/steady_timer.hpp>

namespace orrery::async {
namespace {

// Whoever flips `over` first, the firing or the cancelling, has the last word.
struct SteadyPending final : Timer::Pending, std::enable_shared_from_this<SteadyPending> {
  SteadyPending(const asio::any_io_executor& executor, std::move_only_function<void()> call)
      : timer{executor}, callback{std::move(call)} {}

  void wait_until(TimePoint at) {
    timer.expires_at(at);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code&) {
      if (!self->over.exchange(true)) self->callback();
    });
  }
  void cancel() override {
    if (!over.exchange(true)) timer.cancel();
  }

  asio::steady_timer timer;
  std::move_only_function<void()> callback;
  std::atomic<bool> over = false;
};

}  // namespace

Timer SteadyClock::arm(TimePoint at, std::move_only_function<void()> callback) {
  auto pending = std::make_shared<SteadyPending>(executor_, std::move(callback));
  pending->wait_until(at);
  return Timer{pending};
}

struct ManualClock::Armed final : Timer::Pending {
  void cancel() override { over = true; }
  std::move_only_function<void()> callback;
  std::atomic<bool> over = false;
};

TimePoint ManualClock::now() const {
  return state_.with([](const State& state) { return state.now; });
}

Timer ManualClock::arm(TimePoint at, std::move_only_function<void()> callback) {
  auto armed = std::make_shared<Armed>();
  armed->callback = std::move(callback);
  state_.with([&](State& state) { state.timers.emplace(at, armed); });
  return Timer{armed};
}

std::shared_ptr<ManualClock::Armed> ManualClock::take_due(TimePoint limit) {
  return state_.with([&](State& state) -> std::shared_ptr<Armed> {
    const auto first = state.timers.begin();
    if (first == state.timers.end() || first->first > limit) return nullptr;
    state.now = std::max(state.now, first->first);
    auto armed = first->second;
    state.timers.erase(first);
    return armed;
  });
}

void ManualClock::advance(Duration by) {
  const auto limit = now() + by;
  while (auto armed = take_due(limit)) {
    if (!armed->over.exchange(true)) armed->callback();
  }
  state_.with([&](State& state) { state.now = limit; });
}

std::optional<TimePoint> ManualClock::next() const {
  return state_.with([](const State& state) -> std::optional<TimePoint> {
    for (const auto& [at, armed] : state.timers) {
      if (!armed->over) return at;
    }
    return std::nullopt;
  });
}

}  // namespace orrery::async
