// One change of a guild's rules, as a value: it can be checked, applied, kept, shown and undone.
#pragma once

#include "chat/guild_rules.h"

namespace orrery::chat {

struct Change {
  enum class What {
    rank,               // subject: the rank's number; value: its name
    role,               // subject: the role's id; value: a rank's number
    command,            // subject: the command's path; value: a rank's number
    user_exception,     // subject: exception_key(path, user); value: allow or deny
    channel_exception,  // subject: exception_key(path, channel); value: allow or deny
    unconfigured,       // subject: empty; value: allow or deny
  };
  std::string guild;
  What what = What::role;
  std::string subject;
  std::optional<std::string> value;  // nothing: back to what holds without it
};

std::string_view name_of(Change::What what);
std::optional<Change::What> what_named(std::string_view name);

// Errors: invalid (a rank out of range, a name or id that can be none).
Result<> check(const Change& change);
// Whether it can be applied: what was kept by older programs need not please the check of today.
Result<> check_kept(const Change& change);
// Requires: it was checked, one way or the other.
void apply(GuildRules& rules, const Change& change);
// What holds now, where the change would strike.
std::optional<std::string> value_of(const GuildRules& rules, const Change& change);

}  // namespace orrery::chat
