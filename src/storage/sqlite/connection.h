// One SQLite connection: a thin, blocking layer over the C API.
//
// Opened with WAL, foreign keys, a busy wait that hears its stop token, and extended error codes.
// Prepared statements are cached by their text.
//
// Threads   one at a time; `interrupt` from any.
// Source    https://www.sqlite.org/c3ref/intro.html
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "storage/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orrery::storage::sqlite {

enum class Access { read_write, read_only };

class Connection {
 public:
  // Errors: unavailable or denied (cannot be opened), corrupt (not a database), with remedies.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access,
                                                  Duration busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // While one of these lives, its patience bounds every statement of the connection.
  class Bound {
   public:
    Bound(Connection& connection, const Patience& patience);
    ~Bound();

   private:
    Connection& connection_;
  };

  Result<Rows> run(const Statement& statement);
  // Several statements without parameters, as in a migration.
  Result<> run_script(std::string_view sql);

 private:
  Connection(sqlite3* handle, std::string path, Duration busy_timeout);
  Result<sqlite3_stmt*> prepare(const std::string& sql);
  Result<> bind(sqlite3_stmt* statement, const std::vector<Value>& parameters);
  Error error(std::string_view doing) const;
  bool out_of_patience() const;
  static int on_busy(void* self, int attempts);
  static int on_progress(void* self);

  sqlite3* handle_;
  const std::string path_;
  const Duration busy_timeout_;
  std::map<std::string, sqlite3_stmt*> statements_;
  const Patience* patience_ = nullptr;
  TimePoint busy_since_{};
};

}  // namespace orrery::storage::sqlite
