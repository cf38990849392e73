#include "async/latch.h"

#include <algorithm>

namespace orrery::async {

void Latch::open() {
  auto waiters = state_.with([](State& state) {
    state.open = true;
    return std::exchange(state.waiters, {});
  });
  for (const auto& waiter : waiters) waiter.set(WaitEnd::done);
}

bool Latch::is_open() const {
  return state_.with([](const State& state) { return state.open; });
}

Oneshot<WaitEnd> Latch::enlist() {
  Oneshot<WaitEnd> signal;
  state_.with([&](State& state) {
    if (state.open) {
      signal.set(WaitEnd::done);
    } else {
      std::erase_if(state.waiters, [](const auto& waiter) { return waiter.is_set(); });
      state.waiters.push_back(signal);
    }
  });
  return signal;
}

// See wait.cpp.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<WaitEnd> Latch::wait(Clock& clock, TimePoint deadline, StopToken token) {
  auto signal = enlist();
  co_return co_await async::wait(std::move(signal), clock, deadline, std::move(token));
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace orrery::async
