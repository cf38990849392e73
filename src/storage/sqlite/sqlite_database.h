// SQLite as a Database: one writer thread, one reader thread, each with a connection of its own.
//
// WAL lets the reader see the last committed state while the writer writes.
//
// Owns      both threads and connections; closing writes the log back into the file.
// Limits    1,024 calls wait at most for each thread; more are refused with `limited`.
#pragma once

#include "async/workers.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/migrator.h"

namespace orrery::storage::sqlite {

class SqliteDatabase final : public Database {
 public:
  // ":memory:" is a database of its own that is gone when this is.
  SqliteDatabase(std::string path, Duration busy_timeout);
  ~SqliteDatabase() override;

  // Opens, checks, and migrates. Errors: those of Connection::open and migrate.
  Task<Migrated> open(Patience patience);

  Task<Rows> read(Statement statement, Patience patience) override;
  Task<Rows> write(std::vector<Statement> statements, Patience patience) override;
  Task<> close() override;
  const std::string& name() const override { return name_; }

 private:
  Result<Migrated> open_now(const Patience& patience);

  const std::string path_;
  const std::string name_;
  const Duration busy_timeout_;
  std::unique_ptr<Connection> writer_;  // only on writing_
  std::unique_ptr<Connection> reader_;  // only on reading_, once open
  async::Workers writing_{"db writer", 1, 1024};
  async::Workers reading_{"db reader", 1, 1024};
};

}  // namespace orrery::storage::sqlite
