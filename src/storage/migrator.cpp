#include "storage/migrator.h"

#include "storage/copies.h"

namespace orrery::storage {
namespace {

constexpr const char* create_history =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number @integer NOT NULL PRIMARY KEY, name TEXT NOT NULL, fingerprint @integer NOT NULL) "
    "@strict";

void tell(const MigrateOptions& options, const std::string& what) {
  if (options.progress) options.progress(what);
}

Result<bool> has_history(Backend& backend, Connection& connection) {
  const char* look = backend.dialect() == Dialect::sqlite
                         ? "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"
                         : "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() "
                           "AND tablename = 'schema_migrations'";
  auto rows = connection.run({look, {}});
  if (!rows) return fail(std::move(rows).error());
  return !rows->empty();
}

Error newer(const Backend& backend, const Row& row, std::size_t known) {
  return Error{ErrorKind::corrupt,
               fmt::format("{} has migration {} ({}), this program knows {}: the database is newer "
                           "than the program",
                           backend.name(), row.integer(0), row.text(1), known)}
      .remedy(
          "run the newer program; or take the database back with it (orrery db rollback --to N); "
          "or restore the backup from before its first start (orrery db restore FILE)");
}

std::int64_t fingerprint_of(const Backend& backend, const Migration& migration) {
  return static_cast<std::int64_t>(fingerprint(render(migration.forward, backend.dialect())));
}

Result<> check_step(const Backend& backend, const Row& row, std::int64_t expected,
                    std::span<const Migration> known) {
  const auto number = row.integer(0);
  if (number > std::ssize(known)) return fail(newer(backend, row, known.size()));
  if (number != expected) {
    return fail(ErrorKind::corrupt, "{} lacks migration {} but has {}", backend.name(), expected,
                number);
  }
  const auto& migration = known[static_cast<std::size_t>(number) - 1];
  if (fingerprint_of(backend, migration) == row.integer(2)) return {};
  Error edited{ErrorKind::corrupt, fmt::format("migration {} ({}) is not the one that ran on {}",
                                               number, migration.name, backend.name())};
  return fail(std::move(edited).remedy(
      "use the program that made this database, or a backup that fits this one"));
}

// Compares what ran with what we know. The number of the last that ran.
Result<int> check_history(Backend& backend, Connection& connection,
                          std::span<const Migration> known) {
  auto history = has_history(backend, connection);
  if (!history) return fail(std::move(history).error());
  if (!*history) return 0;
  auto rows = connection.run(
      {"SELECT number, name, fingerprint FROM schema_migrations ORDER BY number", {}});
  if (!rows) return fail(std::move(rows).error());
  int last = 0;
  for (const auto& row : *rows) {
    if (auto good = check_step(backend, row, ++last, known); !good)
      return fail(std::move(good).error());
  }
  return last;
}

Result<> note_done(const Backend& backend, Connection& connection, const Migration& migration) {
  auto noted = connection.run({"INSERT INTO schema_migrations VALUES ($1, $2, $3)",
                               {std::int64_t{migration.number}, std::string{migration.name},
                                fingerprint_of(backend, migration)}});
  return noted ? Result<>{} : Result<>{fail(std::move(noted).error())};
}

Error named(Error error, const Migration& migration, std::string_view way) {
  return std::move(error).with(
      fmt::format("migration {} ({}){}", migration.number, migration.name, way));
}

// The next migration, decided and applied in one transaction, so that two programs never both apply
// it. Sets `more` to whether there was one.
Result<> step(Backend& backend, Connection& connection, std::span<const Migration> known,
              const MigrateOptions& options, bool& more) {
  auto last = check_history(backend, connection, known);
  if (!last) return fail(std::move(last).error());
  more = *last < std::ssize(known);
  if (!more) return {};
  if (auto made = connection.script(render(create_history, backend.dialect())); !made) return made;
  const auto& next = known[static_cast<std::size_t>(*last)];
  tell(options, fmt::format("migration {} ({})", next.number, next.name));
  auto done = connection.script(render(next.forward, backend.dialect()));
  if (done) done = note_done(backend, connection, next);
  return done ? std::move(done) : fail(named(std::move(done).error(), next, ""));
}

Result<> step_back(Backend& backend, Connection& connection, std::span<const Migration> known,
                   int to, bool& more) {
  auto last = check_history(backend, connection, known);
  if (!last) return fail(std::move(last).error());
  more = *last > to;
  if (!more) return {};
  const auto& newest = known[static_cast<std::size_t>(*last) - 1];
  auto done = connection.script(render(newest.back, backend.dialect()));
  if (!done) return fail(named(std::move(done).error(), newest, " backwards"));
  auto forgotten = connection.run(
      {"DELETE FROM schema_migrations WHERE number = $1", {std::int64_t{newest.number}}});
  return forgotten ? Result<>{} : Result<>{fail(std::move(forgotten).error())};
}

using Step = std::function<Result<>(Connection&, bool& more)>;

// Every step in a transaction of its own, until there is none left.
Result<> walk(Connection& connection, const Step& step) {
  for (bool more = true; more;) {
    auto stepped =
        connection.transact([&](Connection& inside) -> Result<> { return step(inside, more); });
    if (!stepped) return stepped;
  }
  return {};
}

// While it lives, no other program migrates.
class Alone {
 public:
  Alone(Backend& backend, Connection& connection) : backend_{backend}, connection_{connection} {}
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  ~Alone() { backend_.unlock_migrations(connection_); }

 private:
  Backend& backend_;
  Connection& connection_;
};

// Where the tool for it is missing there is another way.
Error no_copy(Error error) {
  if (error.kind() != ErrorKind::unsupported) return error;
  return std::move(error).remedy(
      "install it (apt-get install postgresql-client), or make a copy yourself and set "
      "database.backup_before_migration = false");
}

Result<std::string> copy_first(Backend& backend, const MigrateOptions& options, int version,
                               const Patience& patience) {
  if (options.backups.empty() || backend.single()) return std::string{};
  auto file = backup_file(backend, options.backups, version, Purpose::before_change);
  if (!file) return file;
  tell(options, "making a copy before the first change");
  if (auto copied = backend.back_up(*file, patience); !copied)
    return fail(no_copy(std::move(copied).error().with("making a copy before the first change")));
  prune_backups(backend, options.backups, options.keep);
  return file;
}

// "CREATE TABLE a (…" -> a.
std::vector<std::string> tables_in(std::string_view sql) {
  constexpr std::string_view words = "CREATE TABLE ";
  std::vector<std::string> tables;
  for (auto at = sql.find(words); at != std::string_view::npos; at = sql.find(words, at)) {
    at += words.size();
    const auto end = sql.find_first_of(" (\n", at);
    tables.emplace_back(sql.substr(at, end - at));
  }
  return tables;
}

}  // namespace

std::vector<Known> known_to(const Backend& backend, std::span<const Migration> migrations) {
  std::vector<Known> known;
  for (const auto& one : migrations)
    known.push_back({one.number, fingerprint_of(backend, one), tables_in(one.forward)});
  return known;
}

Result<Migrated> plan(Backend& backend, Connection& connection, std::span<const Migration> known) {
  auto last = check_history(backend, connection, known);
  if (!last) return fail(std::move(last).error());
  return Migrated{.from = *last, .to = static_cast<int>(known.size())};
}

Result<Migrated> migrate(Backend& backend, Connection& connection, std::span<const Migration> known,
                         const MigrateOptions& options, const Patience& patience) {
  auto planned = plan(backend, connection, known);
  if (!planned || planned->from == planned->to) return planned;
  if (auto locked = backend.lock_migrations(connection, patience, options.progress); !locked)
    return fail(std::move(locked).error());
  const Alone alone{backend, connection};
  // Again, now that nobody else can: another program may have done it while we waited.
  planned = plan(backend, connection, known);
  if (!planned || planned->from == planned->to) return planned;
  if (planned->from > 0) {
    auto copy = copy_first(backend, options, planned->from, patience);
    if (!copy) return fail(std::move(copy).error());
    planned->backup = std::move(*copy);
  }
  auto done = walk(connection, [&](Connection& inside, bool& more) {
    return step(backend, inside, known, options, more);
  });
  if (!done) return fail(std::move(done).error());
  return planned;
}

Result<Migrated> roll_back(Backend& backend, Connection& connection,
                           std::span<const Migration> known, int to, const MigrateOptions& options,
                           const Patience& patience) {
  if (auto locked = backend.lock_migrations(connection, patience, options.progress); !locked)
    return fail(std::move(locked).error());
  const Alone alone{backend, connection};
  auto planned = plan(backend, connection, known);
  if (!planned) return planned;
  if (planned->from == 0)
    return fail(ErrorKind::invalid, "{} has no migration to take back", backend.name());
  if (to < 0 || to >= planned->from) {
    Error nothing{ErrorKind::invalid,
                  fmt::format("{} is at migration {}: it cannot be taken back to {}",
                              backend.name(), planned->from, to)};
    return fail(std::move(nothing).remedy("orrery db status shows the migrations"));
  }
  planned->to = to;
  auto copy = copy_first(backend, options, planned->from, patience);
  if (!copy) return fail(std::move(copy).error());
  planned->backup = std::move(*copy);
  auto done = walk(connection, [&](Connection& inside, bool& more) {
    return step_back(backend, inside, known, to, more);
  });
  if (!done) return fail(std::move(done).error());
  return planned;
}

}  // namespace orrery::storage
