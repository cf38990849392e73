// The transcript of the web chat in the database.
//
// Threads   any one strand.
#pragma once

#include "chat/transcript.h"
#include "storage/database.h"

namespace orrery::records {

class StoredTranscript final : public chat::Transcript {
 public:
  // The database outlives this.
  explicit StoredTranscript(storage::Database& database) : database_{database} {}

  // Messages that a program before us took and never finished are marked as failed: nobody works
  // on them any more. Errors: those of the database.
  Task<> close_unfinished(storage::Patience patience);

  Task<std::int64_t> add(std::string visitor, chat::Line line, Patience patience) override;
  Task<> settle(std::string visitor, std::string id, std::string outcome,
                Patience patience) override;
  Task<std::vector<chat::Line>> since(std::string visitor, std::int64_t number, std::size_t most,
                                      Patience patience) override;
  Task<> forget(std::string visitor, std::string conversation, Patience patience) override;

 private:
  Task<> write(storage::Statement statement, Patience patience);
  storage::Database& database_;
};

}  // namespace orrery::records
