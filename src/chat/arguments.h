// What a command takes: declared once, and from that parsed, explained and offered for completion.
//
//   ban USER [DAYS] REASON… [--silent] [--for DURATION]
//
// Words are separated by spaces; "several words" count as one. Flags may stand anywhere before a
// rest, which takes everything that follows as it was written; `--` ends the flags.
//
// Limits    16 flags, 4,000 bytes: more is refused, not cut.
#pragma once

#include <map>
#include <variant>

#include "chat/directory.h"
#include "core/result.h"
#include "core/time.h"

namespace orrery::chat {

enum class Kind { text, rest, integer, number, yes_no, duration, choice, user, role, channel };
std::string_view name_of(Kind kind);

enum class Need { required, optional };

struct Parameter {
  std::string name;  // "days": shown in capitals
  Kind kind = Kind::text;
  std::string help{};
  Need need = Need::required;
  double least = -9e15;  // of a number; of a text, its length in bytes counts
  double most = 9e15;
  std::vector<std::string> choices{};
};

struct Flag {
  std::string name;  // "silent": --silent
  std::string help{};
  std::optional<Parameter> takes{};  // --for DURATION
};

struct Declaration {
  std::vector<Parameter> parameters{};
  std::vector<Flag> flags{};
};

using Argument =
    std::variant<std::string, std::int64_t, double, bool, Duration, Member, Role, Channel>;

// What was given, by the names it was declared with.
class Arguments {
 public:
  // Nothing if it was not given. Requires: it was declared with that type.
  template <class T>
  const T* get(std::string_view name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? nullptr : &std::get<T>(at->second);
  }
  // Requires: it was required, or given.
  const std::string& text(std::string_view name) const { return *get<std::string>(name); }
  bool has(std::string_view name) const { return values_.contains(name); }
  void put(std::string name, Argument value) {
    values_.insert_or_assign(std::move(name), std::move(value));
  }

 private:
  std::map<std::string, Argument, std::less<>> values_;
};

// Where names of members, roles and channels are looked up.
struct Surroundings {
  std::string_view guild;
  const Directory* directory = nullptr;  // nothing: a mention or an id is taken at its word
};

// Errors: invalid, naming the argument, what it should be, and the nearest valid word.
Result<Arguments> parse(const Declaration& declaration, std::string_view text,
                        const Surroundings& where);

// "USER [DAYS] REASON… [--silent]"
std::string usage_of(const Declaration& declaration);

// One argument by itself. Errors: invalid.
Result<Argument> convert(const Parameter& parameter, std::string_view word,
                         const Surroundings& where);
// "1h30m", "2d", "90s", "500ms"; a bare number counts seconds. Errors: invalid.
Result<Duration> parse_span(std::string_view text);

}  // namespace orrery::chat
