#include "async/wait.h"

namespace orrery::async {

// The clock outlives every coroutine: it is the first thing built and the last destroyed.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<WaitEnd> wait(Oneshot<WaitEnd> signal, Clock& clock, TimePoint deadline,
                              StopToken token) {
  const auto stopping = token.subscribe([signal] { signal.set(WaitEnd::stopped); });
  Timer timer;
  if (deadline != never) timer = clock.arm(deadline, [signal] { signal.set(WaitEnd::deadline); });
  co_return co_await signal.take();
}

asio::awaitable<WaitEnd> sleep_until(Clock& clock, TimePoint at, StopToken token) {
  co_return co_await wait(Oneshot<WaitEnd>{}, clock, at, std::move(token));
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace orrery::async
