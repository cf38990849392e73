// Values on their way to PostgreSQL and back.
//
// Source    https://www.postgresql.org/docs/15/protocol-overview.html, pg_type.dat
#pragma once

#include "storage/postgres/libpq.h"
#include "storage/statement.h"

namespace orrery::storage::postgres {

// What the server says in text, by the number of its type.
Value value_of(Oid type, std::string_view text);

// Parameters as libpq wants them: text, but bytes as they are.
//
// Lifetime  points into what was given.
struct Parameters {
  std::vector<std::string> texts;  // of numbers
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit Parameters(const std::vector<Value>& given) {
    texts.reserve(given.size());  // so that their addresses hold
    values.reserve(given.size());
    lengths.reserve(given.size());
    formats.reserve(given.size());
    for (const auto& value : given) std::visit(*this, value);
  }
  void operator()(std::monostate) { add(nullptr, 0, 0); }
  void operator()(std::int64_t number) { add_text(fmt::to_string(number)); }
  void operator()(double number) { add_text(fmt::to_string(number)); }
  void operator()(const std::string& text) { add(text.c_str(), text.size(), 0); }
  void operator()(const Blob& bytes) {
    add(bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data()), bytes.size(), 1);
  }

 private:
  void add_text(std::string text) {
    texts.push_back(std::move(text));
    add(texts.back().c_str(), texts.back().size(), 0);
  }
  void add(const char* value, std::size_t length, int format) {
    values.push_back(value);
    lengths.push_back(static_cast<int>(length));
    formats.push_back(format);
  }
};

}  // namespace orrery::storage::postgres
