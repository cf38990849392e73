// The watch of what is held in memory: reads again what a broken connection has left in doubt.
#pragma once

#include "lifecycle/component.h"

namespace orrery::records {

// Kept: stale() says whether there is doubt, refresh(patience) ends it. It outlives the component's
// tasks. Until then the component is degraded, and says that `what` may be out of date.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class Kept>
Task<> keep_fresh(Kept& kept, std::string what, lifecycle::Context context,
                  async::StopToken token) {
  using namespace std::chrono_literals;
  auto& clock = context.clock();
  bool told = false;
  while (!token.requested()) {
    auto pause = async::sleep_until(clock, clock.now() + 1s, token);
    co_await std::move(pause);
    if (token.requested()) break;
    if (!kept.stale()) {
      if (std::exchange(told, false)) context.degraded("");
      continue;
    }
    auto reading = kept.refresh({clock.now() + 5s, token});
    const auto read = co_await std::move(reading);
    told = !read;
    context.degraded(read ? "" : what + " may be out of date: " + read.error().text());
  }
  co_return Result<>{};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

template <class Kept>
void watch_over(Kept& kept, std::string what, const lifecycle::Context& context) {
  context.supervise("watch", {}, [&kept, what = std::move(what), context](async::StopToken token) {
    return keep_fresh(kept, what, context, std::move(token));
  });
}

}  // namespace orrery::records
