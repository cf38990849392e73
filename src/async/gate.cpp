#include "async/gate.h"

namespace orrery::async {

Gate::Pass::~Pass() {
  if (!state_) return;
  auto empty = state_->with([](State& state) {
    return --state.inside == 0 ? std::exchange(state.empty, std::nullopt) : std::nullopt;
  });
  if (empty) empty->set(WaitEnd::done);
}

std::optional<Gate::Pass> Gate::enter() {
  const bool admitted = state_->with([](State& state) {
    if (state.closed) return false;
    ++state.inside;
    return true;
  });
  if (!admitted) return std::nullopt;
  return std::optional<Pass>{std::in_place, state_};
}

void Gate::close() {
  state_->with([](State& state) { state.closed = true; });
}

std::size_t Gate::inside() const {
  return state_->with([](const State& state) { return state.inside; });
}

// See wait.cpp.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<WaitEnd> Gate::wait_empty(Clock& clock, TimePoint deadline, StopToken token) {
  Oneshot<WaitEnd> signal;
  state_->with([&](State& state) {
    if (state.inside == 0) {
      signal.set(WaitEnd::done);
    } else {
      state.empty = signal;
    }
  });
  co_return co_await wait(std::move(signal), clock, deadline, std::move(token));
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace orrery::async
