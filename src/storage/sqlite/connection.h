// One SQLite connection: a thin layer over the C API.
//
// Opened with WAL, foreign keys, a busy wait that hears its stop token, and extended error codes.
// A transaction takes the write lock when it begins, so it cannot fail half way for want of it.
//
// Source    https://www.sqlite.org/c3ref/intro.html
#pragma once

#include <unordered_map>

#include "storage/connection.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orrery::storage::sqlite {

class Connection final : public storage::Connection {
 public:
  // Errors: unavailable or denied (cannot be opened), corrupt (not a database), with remedies.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access,
                                                  Duration busy_timeout);
  ~Connection() override;

  Result<> each(const Statement& statement, const TakeRow& take) override;
  Result<Rows> run_all(std::span<const Statement> statements) override;
  Result<> script(std::string_view sql) override;
  // Errors: and unavailable (the file was moved or removed: what is written would be lost).
  Result<> begin() override;
  // One writer at a time: who waits too long for the lock is told so, and nothing has begun.
  bool collided() const override { return false; }
  void roll_back() override;
  bool usable() override { return usable_; }

  sqlite3* handle() { return handle_; }
  Error error(std::string_view doing) const;

 private:
  Result<> begin_look() override { return script("BEGIN"); }
  Connection(sqlite3* handle, std::string path, Duration busy_timeout);
  struct Prepared {
    sqlite3_stmt* handle = nullptr;
    std::vector<std::size_t> places;  // of each of its parameters among those given
  };
  Result<Prepared*> prepare(const std::string& sql);
  Result<> bind(const Prepared& prepared, const std::vector<Value>& parameters);
  static int on_busy(void* self, int attempts);
  static int on_progress(void* self);

  sqlite3* handle_;
  const std::string path_;
  const Duration busy_timeout_;
  std::unordered_map<std::string, Prepared> statements_;
  TimePoint busy_since_{};
  bool usable_ = true;
};

}  // namespace orrery::storage::sqlite
