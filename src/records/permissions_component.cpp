#include "records/permissions_component.h"

namespace orrery::records {

using namespace std::chrono_literals;

Task<> PermissionsComponent::start(lifecycle::Context context) {
  context.doing("loading the permissions of all guilds");
  auto loading = permissions_.load({context.deadline(), context.token()});
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  context.supervise("watch", {}, [this, context](async::StopToken token) {
    return watch(context, std::move(token));
  });
  co_return Result<>{};
}

Task<> PermissionsComponent::watch(lifecycle::Context context, async::StopToken token) {
  auto& clock = context.clock();
  while (!token.requested()) {
    auto pause = async::sleep_until(clock, clock.now() + 1s, token);
    co_await std::move(pause);
    if (!permissions_.stale() || token.requested()) continue;
    auto reading = permissions_.refresh({clock.now() + 5s, token});
    const auto read = co_await std::move(reading);
    context.degraded(read ? "" : "permissions may be out of date: " + read.error().text());
  }
  co_return Result<>{};
}

}  // namespace orrery::records
