#include "storage/postgres/values.h"

#include <charconv>

namespace orrery::storage::postgres {
namespace {

// Types by their numbers. Source: pg_type.dat
enum : Oid {
  oid_bool = 16,
  oid_bytea = 17,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_oid = 26,
  oid_float4 = 700,
  oid_float8 = 701,
  oid_numeric = 1700,
};

std::int64_t integer_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double real_of(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "\x0aff": what bytea looks like as text.
Blob blob_of(std::string_view text) {
  Blob bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    bytes.push_back(static_cast<std::byte>(byte));
  }
  return bytes;
}

// A numeric is what sum() gives: whole unless it says otherwise.
Value number_of(std::string_view text) {
  if (text.find('.') == std::string_view::npos) return integer_of(text);
  return real_of(text);
}

}  // namespace

Value value_of(Oid type, std::string_view text) {
  switch (type) {
    case oid_int8:
    case oid_int4:
    case oid_int2:
    case oid_oid:
      return integer_of(text);
    case oid_bool:
      return std::int64_t{text == "t" ? 1 : 0};
    case oid_float4:
    case oid_float8:
      return real_of(text);
    case oid_numeric:
      return number_of(text);
    case oid_bytea:
      return blob_of(text);
    default:
      return std::string{text};
  }
}

}  // namespace orrery::storage::postgres
