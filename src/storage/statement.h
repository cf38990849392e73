// What is said to a database and what it answers: statements, values, rows.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "async/patience.h"

namespace orrery::storage {

using Blob = std::vector<std::byte>;
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

// Parameters are $1, $2, …, always bound, never spliced into the SQL. Text must be valid UTF-8
// without NUL, which is what every database here can keep.
struct Statement {
  std::string sql;
  std::vector<Value> parameters;
};

// One row; columns by position.
class Row {
 public:
  Row() = default;
  explicit Row(std::vector<Value> values) : values_{std::move(values)} {}
  // Requires: the column exists and has the type (the SQL is ours, so a mismatch is a defect).
  std::int64_t integer(std::size_t column) const {
    return std::get<std::int64_t>(values_.at(column));
  }
  double real(std::size_t column) const { return std::get<double>(values_.at(column)); }
  const std::string& text(std::size_t column) const {
    return std::get<std::string>(values_.at(column));
  }
  const Blob& blob(std::size_t column) const { return std::get<Blob>(values_.at(column)); }
  bool is_null(std::size_t column) const {
    return std::holds_alternative<std::monostate>(values_.at(column));
  }
  const Value& operator[](std::size_t column) const { return values_.at(column); }
  std::size_t size() const { return values_.size(); }
  bool operator==(const Row&) const = default;

 private:
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

using async::Patience;

}  // namespace orrery::storage
