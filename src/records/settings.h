// Settings of guilds and people in the database; those of guilds are held in memory.
//
// A guild's are changed one after the other; one whose change is in doubt is read again.
//
// Threads   the bot strand.
#pragma once

#include <set>

#include "async/turns.h"
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
                      chat::Author by, storage::Patience patience) override;
  Task<Values> of_person(std::string person, storage::Patience patience) override;
  Task<> set_of_person(std::string person, std::string name, std::optional<std::string> value,
                       storage::Patience patience) override;

  // Whether somewhere a change may or may not have been kept, and reading there again.
  bool stale() const { return !stale_.empty(); }
  Task<> refresh(storage::Patience patience);

 private:
  // Requires: it is the caller's turn.
  Task<> read_again(storage::Patience patience);
  Task<> write(std::vector<storage::Statement> statements, storage::Patience patience);

  storage::Database& database_;
  chat::TextMap<Values> guilds_;
  std::set<std::string> stale_;
  async::Turns turns_;
};

}  // namespace orrery::records
