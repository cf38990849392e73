// What was said in channels, in the database.
//
// Threads   any one strand.
#pragma once

#include "chat/history.h"
#include "storage/database.h"

namespace orrery::records {

class StoredHistory final : public chat::History {
 public:
  // The database outlives this.
  explicit StoredHistory(storage::Database& database) : database_{database} {}
  Task<> add(std::vector<chat::Said> said, storage::Patience patience) override;
  Task<std::vector<chat::Said>> of_channel(std::string platform, std::string channel,
                                           std::int64_t before, std::size_t most,
                                           storage::Patience patience) override;
  Task<std::int64_t> forget_before(WallTime at, storage::Patience patience) override;
  Task<std::int64_t> forget_author(std::string platform, std::string author,
                                   storage::Patience patience) override;

 private:
  Task<std::int64_t> forget(storage::Statement statement, storage::Patience patience);

  storage::Database& database_;
  bool in_doubt_ = false;  // what is given next may be there already
};

}  // namespace orrery::records
