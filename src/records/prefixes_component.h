// The prefixes as a part of the runtime. Degradable: without them the default prefix serves.
#pragma once

#include "core/utf8.h"
#include "lifecycle/component.h"
#include "records/prefixes.h"
#include "records/refresh_component.h"
#include "storage/database_component.h"

namespace orrery::records {

class PrefixesComponent final : public lifecycle::Component {
 public:
  PrefixesComponent(storage::DatabaseComponent& database,
                    const std::function<std::string()>& fallback)
      : prefixes_{database.database(), fallback()} {}

  Task<> start(lifecycle::Context context) override {
    context.doing("loading the prefixes of all guilds");
    auto loading = prefixes_.load({context.deadline(), context.token()});
    auto loaded = co_await std::move(loading);
    if (!loaded) co_return loaded;
    for (const auto& guild : prefixes_.strange()) {
      context.journal().write(
          Level::warn, "records", "left out what is no prefix",
          {{"guild", printable(guild)},
           {"remedy", "set its prefixes anew: !prefix set, or the page Guilds"}});
    }
    watch_over(prefixes_, "prefixes", context);
    co_return loaded;
  }

  StoredPrefixes& prefixes() { return prefixes_; }

 private:
  StoredPrefixes prefixes_;
};

}  // namespace orrery::records
