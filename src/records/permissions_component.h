// The permissions as a part of the runtime. Critical: without them nobody can be let in or kept
// out.
#pragma once

#include "lifecycle/component.h"
#include "records/permissions.h"
#include "storage/database_component.h"

namespace orrery::records {

class PermissionsComponent final : public lifecycle::Component {
 public:
  PermissionsComponent(storage::DatabaseComponent& database,
                       const std::function<chat::Permissions::Options()>& options)
      : records_{database.database()}, permissions_{records_, options()} {}

  Task<> start(lifecycle::Context context) override;

  chat::Permissions& permissions() { return permissions_; }

 private:
  StoredPermissions records_;
  chat::Permissions permissions_;
};

}  // namespace orrery::records
