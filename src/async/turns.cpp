#include "async/turns.h"

#include <boost/asio/this_coro.hpp>

namespace orrery::async {

Task<Turns::Turn> Turns::take(Patience patience) {
  if (!std::exchange(taken_, true)) co_return Turn{*this};
  Oneshot<WaitEnd> signal;
  waiting_.push_back(signal);
  SteadyClock clock{co_await asio::this_coro::executor};
  auto waiting = wait(std::move(signal), clock, patience.deadline, patience.token);
  const auto end = co_await std::move(waiting);
  if (end == WaitEnd::done) co_return Turn{*this};
  if (end == WaitEnd::stopped)
    co_return fail(ErrorKind::cancelled, "a stop was requested before it was this one's turn");
  co_return fail(ErrorKind::timeout, "what others were doing took too long");
}

// Who has given up meanwhile no longer hears the signal.
void Turns::pass_on() {
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.set(WaitEnd::done)) return;
  }
  taken_ = false;
}

}  // namespace orrery::async
