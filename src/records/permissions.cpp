#include "records/permissions.h"

#include "core/text.h"
#include "records/audit.h"

namespace orrery::records {

using chat::AuditEntry;
using chat::Change;
using chat::GuildRules;
using storage::Connection;
using storage::Row;
using storage::Statement;
using storage::Value;

namespace {

using What = Change::What;
using Guilds = chat::TextNodes<GuildRules>;

// ---- reading: every row is a change of the empty rules

struct Source {
  const char* sql;
  Change (*change)(const Row& row);
};

Change exception(const Row& row) {
  return {.guild = row.text(0),
          .what = row.text(2) == "user" ? What::user_exception : What::channel_exception,
          .subject = chat::exception_key(row.text(1), row.text(3)),
          .value = row.text(4)};
}

constexpr Source sources[] = {
    {"SELECT guild, rank, name FROM permission_ranks",
     [](const Row& row) {
       return Change{row.text(0), What::rank, fmt::to_string(row.integer(1)), row.text(2)};
     }},
    {"SELECT guild, role, rank FROM permission_roles",
     [](const Row& row) {
       return Change{row.text(0), What::role, row.text(1), fmt::to_string(row.integer(2))};
     }},
    {"SELECT guild, command, rank FROM permission_commands",
     [](const Row& row) {
       return Change{row.text(0), What::command, row.text(1), fmt::to_string(row.integer(2))};
     }},
    {"SELECT guild, command, kind, subject, verdict FROM permission_exceptions", exception},
    {"SELECT guild, value FROM guild_settings WHERE name = 'permissions.unconfigured'",
     [](const Row& row) { return Change{row.text(0), What::unconfigured, "", row.text(1)}; }}};

// What somebody wrote by hand may be no rule: such a row is refused, and says which.
Result<> take(Guilds& guilds, const Change& change) {
  if (auto good = chat::check_kept(change); !good) {
    return fail(Error{
        ErrorKind::corrupt,
        fmt::format("the {} '{}' of the guild {} in the database: {}", chat::name_of(change.what),
                    printable(change.subject), change.guild, good.error().text())}
                    .remedy("mend or delete that row: orrery db shell"));
  }
  chat::apply(guilds[change.guild], change);
  return {};
}

Result<Guilds> read(Connection& connection, const std::optional<std::string>& guild) {
  Guilds guilds;
  for (const auto& source : sources) {
    Statement statement{source.sql, {}};
    if (guild) {
      const bool narrowed = statement.sql.find(" WHERE ") != std::string::npos;
      statement.sql += narrowed ? " AND guild = $1" : " WHERE guild = $1";
      statement.parameters.emplace_back(*guild);
    }
    Result<> good;
    auto done = connection.each(statement, [&](const Row& row) {
      if (good) good = take(guilds, source.change(row));
    });
    if (!done || !good) return fail((done ? good : done).error());
  }
  return guilds;
}

// ---- writing

// "config ranks\n123" -> "config ranks", "123".
std::pair<std::string, std::string> parts_of(const std::string& key) {
  const auto at = key.find('\n');
  return {key.substr(0, at), key.substr(at + 1)};
}

Statement upsert(const Change& c, const char* table, const char* key, const char* column,
                 Value subject, Value value) {
  return {fmt::format("INSERT INTO {0} (guild, {1}, {2}) VALUES ($1, $2, $3) "
                      "ON CONFLICT (guild, {1}) DO UPDATE SET {2} = $3",
                      table, key, column),
          {c.guild, std::move(subject), std::move(value)}};
}

Statement removal(const Change& c, const char* table, const char* key, Value subject) {
  return {fmt::format("DELETE FROM {} WHERE guild = $1 AND {} = $2", table, key),
          {c.guild, std::move(subject)}};
}

std::int64_t number_in(const std::string& text) {
  return chat::Rank::parse(text)->number();  // it was checked
}

Statement write_exception(const Change& c) {
  const auto [command, subject] = parts_of(c.subject);
  const std::string kind = c.what == What::user_exception ? "user" : "channel";
  if (!c.value) {
    return {
        "DELETE FROM permission_exceptions WHERE guild = $1 AND command = $2 AND kind = $3 "
        "AND subject = $4",
        {c.guild, command, kind, subject}};
  }
  return {
      "INSERT INTO permission_exceptions (guild, command, kind, subject, verdict) "
      "VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (guild, command, kind, subject) DO UPDATE SET verdict = $5",
      {c.guild, command, kind, subject, *c.value}};
}

Statement write_change(const Change& c) {
  switch (c.what) {
    case What::rank:
      if (!c.value) return removal(c, "permission_ranks", "rank", number_in(c.subject));
      return upsert(c, "permission_ranks", "rank", "name", number_in(c.subject), *c.value);
    case What::role:
      if (!c.value) return removal(c, "permission_roles", "role", c.subject);
      return upsert(c, "permission_roles", "role", "rank", c.subject, number_in(*c.value));
    case What::command:
      if (!c.value) return removal(c, "permission_commands", "command", c.subject);
      return upsert(c, "permission_commands", "command", "rank", c.subject, number_in(*c.value));
    case What::user_exception:
    case What::channel_exception:
      return write_exception(c);
    case What::unconfigured:
      if (!c.value) return removal(c, "guild_settings", "name", "permissions.unconfigured");
      return upsert(c, "guild_settings", "name", "value", "permissions.unconfigured", *c.value);
  }
  std::unreachable();
}

// ---- the audit log

Result<std::int64_t> write_entry(Connection& connection, const AuditEntry& entry) {
  auto rows = connection.run(insertion(entry));
  if (!rows) return fail(std::move(rows).error());
  return rows->front().integer(0);
}

// What must be undone before: the last change of the same, after it, that has neither been undone
// nor is an undoing of such a one.
Result<> check_undoable(Connection& connection, std::int64_t number, const AuditEntry& entry) {
  auto rows = connection.run(
      {"SELECT max(number) FROM audit a WHERE guild = $1 AND action = $2 AND subject = $3 "
       "AND number > $4 AND undone_by IS NULL AND NOT EXISTS "
       "(SELECT 1 FROM audit u WHERE u.guild = $1 AND u.number > $4 AND u.undone_by = a.number)",
       {entry.guild, entry.action, entry.subject, number}});
  if (!rows) return fail(std::move(rows).error());
  if (rows->front().is_null(0)) return {};
  return fail(chat::undo_first(number, rows->front().integer(0)));
}

Result<> mark_undone(Connection& connection, std::int64_t undone, std::int64_t by) {
  auto rows = connection.run(
      {"UPDATE audit SET undone_by = $1 WHERE number = $2 AND undone_by IS NULL RETURNING number",
       {by, undone}});
  if (!rows) return fail(std::move(rows).error());
  if (rows->empty()) return fail(ErrorKind::conflict, "entry {} was undone already", undone);
  return {};
}

}  // namespace

Result<> check_rules(Connection& connection) {
  auto rules = read(connection, std::nullopt);
  return rules ? Result<>{} : fail(std::move(rules).error());
}

Task<Guilds> StoredPermissions::load(storage::Patience patience) {
  const storage::Database::Work<Guilds> work = [](Connection& connection) {
    return read(connection, std::nullopt);
  };
  return database_.look<Guilds>(work, std::move(patience));
}

Task<GuildRules> StoredPermissions::load_guild(std::string guild, storage::Patience patience) {
  const storage::Database::Work<GuildRules> work =
      [guild = std::move(guild)](Connection& connection) -> Result<GuildRules> {
    auto guilds = read(connection, guild);
    if (!guilds) return fail(std::move(guilds).error());
    return std::move((*guilds)[guild]);
  };
  return database_.look<GuildRules>(work, std::move(patience));
}

Task<std::int64_t> StoredPermissions::keep(AuditEntry entry, std::optional<std::int64_t> undoes,
                                           storage::Patience patience) {
  auto change = chat::change_in(entry);
  if (!change) co_return fail(std::move(change).error());
  const storage::Database::Work<std::int64_t> work =
      [entry = std::move(entry), change = *change,
       undoes](Connection& connection) -> Result<std::int64_t> {
    if (undoes) {
      auto may = check_undoable(connection, *undoes, entry);
      if (!may) return fail(std::move(may).error());
    }
    auto written = connection.run(write_change(change));
    if (!written) return fail(std::move(written).error());
    auto number = write_entry(connection, entry);
    if (!number || !undoes) return number;
    auto marked = mark_undone(connection, *undoes, *number);
    return marked ? std::move(number) : fail(std::move(marked).error());
  };
  auto keeping = database_.transact<std::int64_t>(work, std::move(patience));
  co_return co_await std::move(keeping);
}

Task<std::vector<AuditEntry>> StoredPermissions::audit(std::string guild, std::int64_t before,
                                                       std::size_t most,
                                                       storage::Patience patience) {
  Statement statement{fmt::format("{} WHERE number < $1 AND "
                                  "($2 = '' OR guild = $2 OR guild = '') "
                                  "ORDER BY number DESC LIMIT $3",
                                  select_entries),
                      {before, std::move(guild), static_cast<std::int64_t>(most)}};
  auto reading = database_.read(std::move(statement), std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  std::vector<AuditEntry> entries;
  for (const auto& row : *rows) entries.push_back(entry_in(row));
  co_return entries;
}

Task<AuditEntry> StoredPermissions::entry(std::int64_t number, storage::Patience patience) {
  Statement statement{fmt::format("{} WHERE number = $1", select_entries), {number}};
  auto reading = database_.read(std::move(statement), std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  if (rows->empty()) co_return fail(ErrorKind::not_found, "the audit log has no entry {}", number);
  co_return entry_in(rows->front());
}

}  // namespace orrery::records
