// One small interface to a relational database, with an asynchronous face for coroutines.
//
// Statements are prepared and cached; parameters are always bound, never spliced into SQL.
//
// Threads   all operations from any strand; the caller is resumed on its own.
// Limits    every call has a deadline and a stop token; a statement that exceeds either is
//           cancelled in the database, not merely forgotten.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "async/stop_token.h"
#include "async/task.h"
#include "core/time.h"

namespace orrery::storage {

using Blob = std::vector<std::byte>;
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

struct Statement {
  std::string sql;
  std::vector<Value> parameters;
};

// One row; columns by position.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_{std::move(values)} {}
  // Requires: the column exists and has the type (the SQL is ours, so a mismatch is a defect).
  std::int64_t integer(std::size_t column) const {
    return std::get<std::int64_t>(values_.at(column));
  }
  const std::string& text(std::size_t column) const {
    return std::get<std::string>(values_.at(column));
  }
  bool is_null(std::size_t column) const {
    return std::holds_alternative<std::monostate>(values_.at(column));
  }
  std::size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

// Until when, and who may call it off.
struct Patience {
  TimePoint deadline;
  async::StopToken token;
};

class Database {
 public:
  virtual ~Database() = default;

  // Runs one statement that only reads.
  // Errors: timeout, cancelled, limited (too much waits), unavailable, corrupt, invalid (the SQL).
  virtual Task<Rows> read(Statement statement, Patience patience) = 0;

  // Runs the statements in one transaction: all or none. Returns the rows of the last.
  // Errors: as read, and conflict (a constraint).
  virtual Task<Rows> write(std::vector<Statement> statements, Patience patience) = 0;

  // Finishes what waits and closes. Nothing may be called after it.
  virtual Task<> close() = 0;

  // "sqlite:/path": for messages, never with a password.
  virtual const std::string& name() const = 0;
};

}  // namespace orrery::storage
