// What plugins keep, in the database. The quota is checked in the transaction that writes.
//
// Threads   any one strand.
#pragma once

#include "chat/plugin_values.h"
#include "storage/database.h"

namespace orrery::records {

class StoredPluginValues final : public chat::PluginValues {
 public:
  // The database outlives this.
  explicit StoredPluginValues(storage::Database& database, chat::Quota quota = {})
      : database_{database}, quota_{quota} {}
  Task<std::optional<Bytes>> get(std::string plugin, std::string name,
                                 storage::Patience patience) override;
  Task<> set(std::string plugin, std::string name, Bytes value,
             storage::Patience patience) override;
  Task<> remove(std::string plugin, std::string name, storage::Patience patience) override;
  Task<std::vector<std::string>> names(std::string plugin, std::string prefix,
                                       storage::Patience patience) override;
  Task<Usage> usage(std::string plugin, storage::Patience patience) override;
  Task<> clear(std::string plugin, storage::Patience patience) override;

 private:
  Task<> write(storage::Statement statement, storage::Patience patience);

  storage::Database& database_;
  const chat::Quota quota_;
};

}  // namespace orrery::records
