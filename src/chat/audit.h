// An entry of the audit log: who changed what in a guild, when, from what to what.
//
// Permissions, prefixes and settings write it, each together with the change itself. Only what is a
// Change of the permissions can be undone by its number; the rest is set again.
#pragma once

#include "chat/change.h"
#include "chat/message.h"
#include "core/time.h"

namespace orrery::chat {

// What is done to whom, besides the changes of permissions (see name_of).
inline constexpr const char* prefixes_action = "prefixes";  // values: with spaces between them
inline constexpr const char* setting_action = "setting";    // subject: its name

struct AuditEntry {
  std::int64_t number = 0;  // given by whatever keeps it
  WallTime at{};
  std::string guild{};  // empty: everywhere
  std::string actor{};  // the id
  std::string actor_name{};
  std::string action{};
  std::string subject{};
  std::optional<std::string> was{};  // nothing, here and below: what holds without it
  std::optional<std::string> became{};
  std::optional<std::int64_t> undone_by{};
};

// By this person, now.
AuditEntry entry_by(const Author& who, std::string guild);
AuditEntry entry_of(const Author& who, const Change& change, std::optional<std::string> was);
// Errors: invalid (it is not about permissions).
Result<Change> change_in(const AuditEntry& entry);

}  // namespace orrery::chat
