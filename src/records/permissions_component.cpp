#include "records/permissions_component.h"

#include "records/refresh_component.h"

namespace orrery::records {

Task<> PermissionsComponent::start(lifecycle::Context context) {
  context.doing("loading the permissions of all guilds");
  auto loading = permissions_.load({context.deadline(), context.token()});
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  watch_over(permissions_, "permissions", context);
  co_return Result<>{};
}

}  // namespace orrery::records
