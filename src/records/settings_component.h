// The settings as a part of the runtime. Critical: maintenance is one of them.
#pragma once

#include "lifecycle/component.h"
#include "records/settings.h"
#include "storage/database_component.h"

namespace orrery::records {

class SettingsComponent final : public lifecycle::Component {
 public:
  explicit SettingsComponent(storage::DatabaseComponent& database)
      : settings_{database.database()} {}

  Task<> start(lifecycle::Context context) override {
    context.doing("loading the settings of all guilds");
    return settings_.load({context.deadline(), context.token()});
  }

  StoredSettings& settings() { return settings_; }

 private:
  StoredSettings settings_;
};

}  // namespace orrery::records
