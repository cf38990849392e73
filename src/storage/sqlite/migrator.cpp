#include "storage/sqlite/migrator.h"

namespace orrery::storage::sqlite {
namespace {

constexpr const char* create_history =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, fingerprint INTEGER NOT NULL) STRICT";

Result<bool> has_history(Connection& connection) {
  auto rows = connection.run({"SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'", {}});
  if (!rows) return fail(std::move(rows).error());
  return !rows->empty();
}

// Compares what ran with what we know. The number of the last that ran.
Result<int> check_history(Connection& connection, std::span<const Migration> known) {
  auto history = has_history(connection);
  if (!history) return fail(std::move(history).error());
  if (!*history) return 0;
  auto rows = connection.run(
      {"SELECT number, name, fingerprint FROM schema_migrations ORDER BY number", {}});
  if (!rows) return fail(std::move(rows).error());
  for (const auto& row : *rows) {
    const auto number = row.integer(0);
    if (number < 1 || number > std::ssize(known)) {
      Error newer{
          ErrorKind::corrupt,
          fmt::format(
              "the database has migration {} ({}), this program knows {}: the database is newer "
              "than the program",
              number, row.text(1), known.size())};
      return fail(std::move(newer).remedy(
          "run the newer program, or restore the backup from before its first start"));
    }
    const auto& migration = known[static_cast<std::size_t>(number) - 1];
    if (static_cast<std::int64_t>(fingerprint(migration.sql)) != row.integer(2)) {
      Error edited{ErrorKind::corrupt, fmt::format("migration {} ({}) is not the one that ran",
                                                   number, migration.name)};
      return fail(std::move(edited).remedy(
          "use the program that made this database, or a backup that fits this one"));
    }
  }
  return rows->empty() ? 0 : static_cast<int>(rows->back().integer(0));
}

Result<> apply(Connection& connection, const Migration& migration) {
  if (auto ran = connection.run_script(migration.sql); !ran) return ran;
  auto noted = connection.run({"INSERT INTO schema_migrations VALUES (?, ?, ?)",
                               {std::int64_t{migration.number}, std::string{migration.name},
                                static_cast<std::int64_t>(fingerprint(migration.sql))}});
  if (!noted) return fail(std::move(noted).error());
  return {};
}

// The next migration, decided and applied under one write lock, so that two programs never both
// apply it. Returns whether there was one.
Result<bool> step(Connection& connection, std::span<const Migration> migrations) {
  auto last = check_history(connection, migrations);
  if (!last) return fail(std::move(last).error());
  if (*last == std::ssize(migrations)) return false;
  const auto& next = migrations[static_cast<std::size_t>(*last)];
  if (auto created = connection.run_script(create_history); !created)
    return fail(std::move(created).error());
  if (auto applied = apply(connection, next); !applied) {
    return fail(
        std::move(applied).error().with(fmt::format("migration {} ({})", next.number, next.name)));
  }
  return true;
}

Result<bool> step_in_transaction(Connection& connection, std::span<const Migration> migrations) {
  if (auto begun = connection.run_script("BEGIN IMMEDIATE"); !begun)
    return fail(std::move(begun).error());
  auto stepped = step(connection, migrations);
  if (stepped) {
    if (auto done = connection.run_script("COMMIT"); !done) stepped = fail(std::move(done).error());
  }
  if (!stepped) [[maybe_unused]]
    auto undone = connection.run_script("ROLLBACK");
  return stepped;
}

}  // namespace

Result<Migrated> plan(Connection& connection, std::span<const Migration> migrations) {
  auto last = check_history(connection, migrations);
  if (!last) return fail(std::move(last).error());
  return Migrated{.from = *last, .to = static_cast<int>(migrations.size())};
}

Result<Migrated> migrate(Connection& connection, std::span<const Migration> migrations) {
  auto planned = plan(connection, migrations);
  if (!planned || planned->from == planned->to) return planned;
  while (true) {
    auto stepped = step_in_transaction(connection, migrations);
    if (!stepped) return fail(std::move(stepped).error());
    if (!*stepped) return planned;
  }
}

}  // namespace orrery::storage::sqlite
