// Waiting: every wait has a deadline and a stop token, and says which of them ended it.
#pragma once

#include "async/clock.h"
#include "async/oneshot.h"
#include "async/stop_token.h"

namespace orrery::async {

enum class WaitEnd { done, deadline, stopped };

inline constexpr TimePoint never = TimePoint::max();

// Waits until `signal` is set by somebody else, by `deadline`, or by a stop request.
asio::awaitable<WaitEnd> wait(Oneshot<WaitEnd> signal, Clock& clock, TimePoint deadline,
                              StopToken token);

// Waits until `at`. Returns `deadline` when the time came, `stopped` when asked to stop before.
asio::awaitable<WaitEnd> sleep_until(Clock& clock, TimePoint at, StopToken token);

}  // namespace orrery::async
