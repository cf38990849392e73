// The one table of keys: name, kind, default, meaning, and the setter that validates.
#pragma once

#include <functional>
#include <span>
#include <variant>

#include "config/settings.h"
#include "core/result.h"

namespace orrery::config {

enum class Kind { text, integer, boolean, duration, choice, list };
std::string_view name_of(Kind kind);

using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

struct Key {
  std::string name;  // "http.port"
  Kind kind;
  std::string fallback;  // as it would be written in the file
  std::string doc;
  std::vector<std::string> choices;
  bool secret = false;
  // Sets the field. Errors: invalid, with what is wrong and what would be right.
  std::function<Result<>(Settings&, const Value&)> set;
};

std::span<const Key> schema();
const Key* find_key(std::string_view name);
std::vector<std::string> key_names();

// The value that `text`, from the environment or a flag, means for the key; "a,b" for a list.
// Errors: invalid.
Result<Value> parse_text(const Key& key, std::string_view text);

// "250ms", "5s", "2m", "1h". Errors: invalid.
Result<Duration> parse_duration(std::string_view text);

}  // namespace orrery::config
