// Prefixes kept in the database, held in memory.
//
// All are loaded at start in one query; a change is written first and then seen at once.
//
// Threads   load before the first use; everything else on the bot strand.
#pragma once

#include "chat/prefixes.h"
#include "storage/database.h"

namespace orrery::records {

class StoredPrefixes final : public chat::Prefixes {
 public:
  // The database outlives this.
  StoredPrefixes(storage::Database& database, std::string fallback)
      : database_{database}, fallback_{std::move(fallback)} {}

  // Errors: those of the database.
  Task<> load(storage::Patience patience);

  std::vector<std::string> of(const std::string& guild) const override;
  Task<> set(std::string guild, std::string prefix, TimePoint deadline,
             async::StopToken token) override;

 private:
  storage::Database& database_;
  std::string fallback_;
  std::map<std::string, std::vector<std::string>> prefixes_;
};

}  // namespace orrery::records
