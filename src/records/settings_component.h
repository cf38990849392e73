// The settings as a part of the runtime. Critical: maintenance is one of them.
#pragma once

#include "lifecycle/component.h"
#include "records/refresh_component.h"
#include "records/settings.h"
#include "storage/database_component.h"

namespace orrery::records {

class SettingsComponent final : public lifecycle::Component {
 public:
  explicit SettingsComponent(storage::DatabaseComponent& database)
      : settings_{database.database()} {}

  Task<> start(lifecycle::Context context) override {
    context.doing("loading the settings of all guilds");
    auto loading = settings_.load({context.deadline(), context.token()});
    auto loaded = co_await std::move(loading);
    if (loaded) watch_over(settings_, "settings", context);
    co_return loaded;
  }

  StoredSettings& settings() { return settings_; }

 private:
  StoredSettings settings_;
};

}  // namespace orrery::records
