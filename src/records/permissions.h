// The rules of all guilds, and who changed them, in the database.
//
// Threads   any one strand.
#pragma once

#include "chat/permissions.h"
#include "storage/database.h"

namespace orrery::records {

// Whether all that is there are rules. Errors: corrupt, naming the row; those of the connection.
Result<> check_rules(storage::Connection& connection);

class StoredPermissions final : public chat::PermissionRecords {
 public:
  // The database outlives this.
  explicit StoredPermissions(storage::Database& database) : database_{database} {}

  Task<chat::TextNodes<chat::GuildRules>> load(storage::Patience patience) override;
  Task<chat::GuildRules> load_guild(std::string guild, storage::Patience patience) override;
  Task<std::int64_t> keep(chat::AuditEntry entry, std::optional<std::int64_t> undoes,
                          storage::Patience patience) override;
  Task<std::vector<chat::AuditEntry>> audit(std::string guild, std::int64_t before,
                                            std::size_t most, storage::Patience patience) override;
  Task<chat::AuditEntry> entry(std::int64_t number, storage::Patience patience) override;

 private:
  storage::Database& database_;
};

}  // namespace orrery::records
