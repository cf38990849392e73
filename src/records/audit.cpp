#include "records/audit.h"

namespace orrery::records {
namespace {

// What was not there is kept as an empty text, which no value can be.
std::string kept(const std::optional<std::string>& value) { return value.value_or(""); }
std::optional<std::string> taken(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace

const char* const select_entries =
    "SELECT number, at, guild, actor, actor_name, action, subject, was, became, undone_by "
    "FROM audit ";

storage::Statement insertion(const chat::AuditEntry& entry) {
  return {
      "INSERT INTO audit (at, guild, actor, actor_name, action, subject, was, became) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number",
      {std::int64_t{entry.at.time_since_epoch().count()}, entry.guild, entry.actor,
       entry.actor_name, entry.action, entry.subject, kept(entry.was), kept(entry.became)}};
}

void enter(const chat::AuditEntry& entry, std::vector<storage::Statement>& statements) {
  if (entry.was != entry.became) statements.push_back(insertion(entry));
}

chat::AuditEntry entry_in(const storage::Row& row) {
  return {.number = row.integer(0),
          .at = WallTime{std::chrono::milliseconds{row.integer(1)}},
          .guild = row.text(2),
          .actor = row.text(3),
          .actor_name = row.text(4),
          .action = row.text(5),
          .subject = row.text(6),
          .was = taken(row.text(7)),
          .became = taken(row.text(8)),
          .undone_by = row.is_null(9) ? std::nullopt : std::optional{row.integer(9)}};
}

}  // namespace orrery::records
