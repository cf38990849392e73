#include "chat/audit.h"

#include "core/utf8.h"

namespace orrery::chat {

AuditEntry entry_by(const Author& who, std::string guild) {
  return {.at = wall_now(), .guild = std::move(guild), .actor = who.id, .actor_name = who.name};
}

AuditEntry entry_of(const Author& who, const Change& change, std::optional<std::string> was) {
  auto entry = entry_by(who, change.guild);
  entry.action = name_of(change.what);
  entry.subject = change.subject;
  entry.was = std::move(was);
  entry.became = change.value;
  return entry;
}

Result<Change> change_in(const AuditEntry& entry) {
  if (const auto what = what_named(entry.action))
    return Change{entry.guild, *what, entry.subject, entry.became};
  Error other{ErrorKind::invalid,
              fmt::format("entry {} is about {}, which cannot be undone by its number",
                          entry.number, printable(entry.action))};
  return fail(std::move(other).remedy(fmt::format("set again what was there before: {}",
                                                  printable(entry.was.value_or("the default")))));
}

}  // namespace orrery::chat
