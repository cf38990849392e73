// Settings of guilds and people in the database; those of guilds are held in memory.
//
// Threads   the bot strand.
#pragma once

#include "chat/guild_rules.h"
#include "chat/settings.h"
#include "storage/database.h"

namespace orrery::records {

class StoredSettings final : public chat::Settings {
 public:
  // The database outlives this.
  explicit StoredSettings(storage::Database& database) : database_{database} {}

  // Errors: those of the database.
  Task<> load(storage::Patience patience);

  const std::string* of_guild(std::string_view guild, std::string_view name) const override;
  Task<> set_of_guild(std::string guild, std::string name, std::optional<std::string> value,
                      storage::Patience patience) override;
  Task<Values> of_person(std::string person, storage::Patience patience) override;
  Task<> set_of_person(std::string person, std::string name, std::optional<std::string> value,
                       storage::Patience patience) override;

 private:
  Task<> write(storage::Statement statement, storage::Patience patience);

  storage::Database& database_;
  chat::TextMap<Values> guilds_;
};

}  // namespace orrery::records
