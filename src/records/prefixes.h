// Prefixes kept in the database, held in memory.
//
// All are loaded at start in one query; a change is written first and then seen at once. Changes
// are made one after the other; a guild whose change is in doubt is read again.
//
// Threads   the bot strand.
// Limits    100,000 guilds take under 10 MB: guilds with the same prefixes share one list.
#pragma once

#include <deque>
#include <set>

#include "async/turns.h"
#include "chat/guild_rules.h"
#include "chat/prefixes.h"
#include "storage/database.h"

namespace orrery::records {

class StoredPrefixes final : public chat::Prefixes {
 public:
  // The database outlives this.
  StoredPrefixes(storage::Database& database, std::string fallback)
      : database_{database}, fallback_{std::move(fallback)} {}

  // Rows that are no prefixes are left out. Errors: those of the database.
  Task<> load(storage::Patience patience);
  // The guilds in which there were such rows: ten of them at most.
  const std::vector<std::string>& strange() const { return table_.strange; }

  std::span<const std::string> of(std::string_view guild) const override;
  Task<> edit(std::string guild, Edit edit, chat::Author by, storage::Patience patience) override;

  // Whether somewhere a change may or may not have been kept, and reading there again.
  bool stale() const { return !stale_.empty(); }
  Task<> refresh(storage::Patience patience);

 private:
  struct Table {
    std::uint32_t place_of(List list);
    void note_strange(const std::string& guild);

    chat::TextMap<std::uint32_t> guilds;  // each guild's place among the lists
    std::deque<List> lists;               // none twice
    std::map<List, std::uint32_t> places;
    std::vector<std::string> strange;
  };
  static Result<Table> read(storage::Connection& connection);
  // What was set there, in one line; nothing where it is the default.
  std::optional<std::string> line_of(const std::string& guild) const;
  void put(const std::string& guild, List prefixes);
  // Requires: it is the caller's turn.
  Task<> read_again(storage::Patience patience);

  storage::Database& database_;
  const List fallback_;
  Table table_;
  std::set<std::string> stale_;
  async::Turns turns_;
};

}  // namespace orrery::records
