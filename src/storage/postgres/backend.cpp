#include "storage/postgres/backend.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/file.h"
#include "core/text.h"
#include "storage/copies.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/failure.h"
#include "storage/postgres/locks.h"
#include "storage/postgres/tool.h"

namespace orrery::storage::postgres {
namespace {

namespace fs = std::filesystem;

// Of the tables that are ours; its name may need quotes, which a cast to regnamespace would drop.
constexpr const char* in_our_schema =
    "c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";

constexpr const char* tables =
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "a.atthasdef OR a.attidentity <> '' "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE {schema} AND c.relkind = 'r' AND a.attnum > 0 "
    "AND NOT a.attisdropped ORDER BY c.relname, a.attnum";
constexpr const char* indexes =
    "SELECT c.relname, i.relname, x.indisprimary, x.indisunique, "
    "array_to_string(ARRAY(SELECT coalesce(a.attname, '(expression)') "
    "FROM unnest(x.indkey) WITH ORDINALITY k(n, place) LEFT JOIN pg_attribute a "
    "ON a.attrelid = c.oid AND a.attnum = k.n ORDER BY k.place), ','), "
    "coalesce(pg_get_expr(x.indpred, x.indrelid), '') "
    "FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
    "WHERE {schema} AND c.relkind = 'r' "
    "ORDER BY c.relname, i.relname";
constexpr const char* foreign_keys =
    "SELECT c.relname, f.relname, array_to_string(ARRAY(SELECT a.attname "
    "FROM unnest(k.conkey) WITH ORDINALITY n(n, place) JOIN pg_attribute a "
    "ON a.attrelid = c.oid AND a.attnum = n.n ORDER BY n.place), ',') "
    "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
    "JOIN pg_class f ON f.oid = k.confrelid "
    "WHERE k.contype = 'f' AND {schema} "
    "ORDER BY c.relname, k.conname";

constexpr const char* triggers =
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND {schema} "
    "ORDER BY c.relname, t.tgname";

Type type_of(std::string_view declared) {
  if (declared == "bigint") return Type::integer;
  if (declared == "double precision") return Type::real;
  if (declared == "text") return Type::text;
  if (declared == "bytea") return Type::blob;
  return Type::other;
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (const auto name : split(list, ',')) names.emplace_back(name);
  return names;
}

void take_column(std::map<std::string, Table>& found, const Row& row) {
  auto& table = found[row.text(0)];
  table.name = row.text(0);
  table.columns.push_back({row.text(1), type_of(row.text(2)),
                           row.integer(3) != 0 ? Null::refused : Null::allowed,
                           row.integer(4) != 0 ? Preset::some : Preset::none});
}

void take_index(std::map<std::string, Table>& found, const Row& row) {
  auto& table = found[row.text(0)];
  if (row.integer(2) != 0) {
    table.key = names_in(row.text(4));
  } else {
    table.indexes.push_back({row.text(1), names_in(row.text(4)),
                             row.integer(3) != 0 ? Unique::yes : Unique::no,
                             bare_condition(row.text(5))});
  }
}

void take_trigger(std::map<std::string, Table>& found, const Row& row) {
  found[row.text(0)].triggers.push_back(row.text(1));
}

void take_foreign_key(std::map<std::string, Table>& found, const Row& row) {
  found[row.text(0)].foreign_keys.push_back({names_in(row.text(2)), row.text(1)});
}

}  // namespace

Result<std::unique_ptr<storage::Connection>> Backend::connect(Access access,
                                                              const Patience& patience) {
  const auto until =
      std::min(std::chrono::steady_clock::now() + connect_timeout_, patience.deadline);
  const auto places = places_of(address_, names_, {until, patience.token});
  if (!places) return fail(places.error());
  return postgres::Connection::open({address_, *places, access, presence_, until, unanswered_},
                                    patience);
}

namespace {

// "process 4711 (psql)", by what the server knows of it.
Result<std::string> holder_of(storage::Connection& connection, std::int64_t lock) {
  auto rows = connection.run(
      {"SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
       "WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid() "
       "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
       "AND (l.classid::bigint << 32) + l.objid::bigint = $1 LIMIT 1",
       {lock}});
  if (!rows) return fail(std::move(rows).error());
  if (rows->empty()) return std::string{"a process that has just ended"};
  return fmt::format("the server's process {} ({})", rows->front().integer(0),
                     printable(rows->front().text(1)));
}

}  // namespace

// Asked again and again rather than waited for, so that a stop request is heard.
Result<> Backend::lock_migrations(storage::Connection& connection, const Patience& patience,
                                  const Tell& tell) {
  constexpr int tell_each = 20;
  std::string holder = "another program";
  for (int i = 0; !patience.over(); ++i) {
    auto rows = connection.run({"SELECT pg_try_advisory_lock($1)", {migration_lock}});
    if (!rows) return fail(std::move(rows).error());
    if (rows->front().integer(0) != 0) return {};
    if (i % tell_each == 0) {
      auto found = holder_of(connection, migration_lock);
      if (!found) return fail(std::move(found).error());
      holder = std::move(*found);
      if (tell) tell(fmt::format("waiting for {} to finish migrating {}", holder, name_));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  Error waited{patience.token.requested() ? ErrorKind::cancelled : ErrorKind::timeout,
               fmt::format("{} is being migrated by {}", name_, holder)};
  return fail(std::move(waited).remedy("wait until that has finished, or end it"));
}

// Bots come and go; what is held alone from here on keeps them out.
Result<> Backend::lock_out_bots(storage::Connection& connection) {
  constexpr int tries = 40;  // who has just gone may not be gone for the server yet
  for (int i = 0; i < tries; ++i) {
    auto rows = connection.run({"SELECT pg_try_advisory_lock($1)", {in_use_lock}});
    if (!rows) return fail(std::move(rows).error());
    if (rows->front().integer(0) != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  auto holder = holder_of(connection, in_use_lock);
  if (!holder) return fail(std::move(holder).error());
  Error busy{ErrorKind::conflict, fmt::format("a bot uses {}: {}", name_, *holder)};
  return fail(std::move(busy).remedy(
      "stop the bot first (orrery stop), or use the page Database of its dashboard"));
}

void Backend::unlock_migrations(storage::Connection& connection) {
  [[maybe_unused]] const auto done =
      connection.run({"SELECT pg_advisory_unlock($1)", {migration_lock}});
}

// A server in recovery gives no transaction a number. For room: a row that needs new pages, which a
// full disk does not give, and is taken back at once.
Result<> Backend::probe(storage::Connection& connection, Probe probe) {
  if (probe == Probe::alive) {
    auto alive = connection.run({"SELECT txid_current()", {}});
    return alive ? Result<>{} : Result<>{fail(std::move(alive).error())};
  }
  if (auto begun = connection.begin(); !begun) return begun;
  auto rows = connection.run({"SELECT txid_current(), to_regclass('guild_settings') IS NULL", {}});
  if (rows && rows->front().integer(1) == 0) {
    rows = connection.run(
        {"INSERT INTO guild_settings (guild, name, value) SELECT 'probe ' || txid_current(), "
         "'probe', string_agg(md5(random()::text), '') FROM generate_series(1, 3000)",
         {}});
  }
  if (connection.usable()) connection.roll_back();
  return rows ? Result<>{} : Result<>{fail(std::move(rows).error())};
}

Result<> Backend::may_migrate(storage::Connection& connection) {
  const auto rows = connection.run(
      {"SELECT has_schema_privilege(current_schema(), 'CREATE'), current_schema()", {}});
  if (!rows) return fail(rows.error());
  const auto& row = rows->front();
  if (row.is_null(1)) {
    Error none{ErrorKind::not_found,
               name_ + " has no schema for our tables: its search_path names none that exists"};
    return fail(std::move(none).remedy("make the schema, or set the search_path of the user"));
  }
  if (row.integer(0) != 0) return {};
  Error denied{ErrorKind::denied, fmt::format("{}: this user may not make tables in the schema {}",
                                              name_, printable(row.text(1)))};
  return fail(std::move(denied).remedy(remedy_of("42501", address_)));
}

Result<Model> Backend::describe(storage::Connection& connection) {
  std::map<std::string, Table> found;
  const std::pair<const char*, void (*)(std::map<std::string, Table>&, const Row&)> parts[] = {
      {tables, take_column},
      {indexes, take_index},
      {foreign_keys, take_foreign_key},
      {triggers, take_trigger}};
  for (const auto& [sql, take] : parts) {
    const auto asked = fmt::format(fmt::runtime(sql), fmt::arg("schema", in_our_schema));
    auto done = connection.each({asked, {}}, [&](const Row& row) { take(found, row); });
    if (!done) return fail(std::move(done).error());
  }
  Model model;
  for (auto& [name, table] : found) model.push_back(std::move(table));
  return model;
}

Result<std::int64_t> Backend::size(storage::Connection& connection) {
  auto rows = connection.run({"SELECT pg_database_size(current_database())", {}});
  if (!rows) return fail(std::move(rows).error());
  return rows->front().integer(0);
}

// Only our own tables: the database may be shared with other programs.
Result<> Backend::back_up(const std::string& file, const Patience& patience) {
  const auto unfinished = unfinished_name(file);
  std::vector<std::string> dump{"pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                                "--file=" + unfinished};
  for (const auto& table : declared_model()) dump.push_back("--table=" + table.name);
  auto done = run_tool(dump, address_, patience);
  // Read back to its end: what cannot be read is no backup.
  if (done) done = run_tool({"pg_restore", "--file=/dev/null", unfinished}, address_, patience);
  std::error_code error;
  if (done) fs::rename(unfinished, file, error);
  if (done && error) done = fail(ErrorKind::unavailable, "{}: {}", file, error.message());
  if (done) return {};
  fs::remove(unfinished, error);
  return done;
}

namespace {

// What refuses, within the same transaction, a copy whose migrations are not the first of those
// that are known, or that lacks a table of theirs.
std::string check_of(std::span<const Known> known) {
  std::vector<std::string> ran;
  std::vector<std::string> made;
  for (const auto& one : known) {
    ran.push_back(fmt::format("({}, {})", one.number, one.fingerprint));
    for (const auto& table : one.tables)
      made.push_back(fmt::format("({}, '{}')", one.number, table));
  }
  return fmt::format(
      "SET search_path TO DEFAULT;\n"
      "DO $check$ BEGIN\n"
      "IF to_regclass('schema_migrations') IS NULL THEN\n"
      "  RAISE EXCEPTION 'it is not of Orrery''s database';\n"
      "END IF;\n"
      "IF NOT (SELECT count(*) > 0 AND max(number) = count(*) FROM schema_migrations)\n"
      "  OR EXISTS (SELECT number, fingerprint FROM schema_migrations EXCEPT VALUES {}) THEN\n"
      "  RAISE EXCEPTION 'it is of a newer program, or of another one';\n"
      "END IF;\n"
      "IF EXISTS (SELECT 1 FROM (VALUES {}) AS made (number, name) WHERE to_regclass(name) IS "
      "NULL\n"
      "    AND number <= (SELECT max(number) FROM schema_migrations)) THEN\n"
      "  RAISE EXCEPTION 'it is not whole: a table is missing';\n"
      "END IF; END $check$;\n",
      join(ran, ", "), join(made, ", "));
}

// A folder that only we may read, gone with this.
class PrivateFolder {
 public:
  static Result<PrivateFolder> make() {
    std::error_code error;
    const auto above = fs::temp_directory_path(error);
    auto pattern = (above / "orrery-XXXXXX").string();
    if (!error && ::mkdtemp(pattern.data()) != nullptr) return PrivateFolder{std::move(pattern)};
    const auto why = error ? error.message() : std::string{std::strerror(errno)};
    Error none{ErrorKind::unavailable, fmt::format("no temporary folder can be made: {}", why)};
    return fail(std::move(none).remedy("set TMPDIR to a folder that this user may write"));
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_{std::exchange(other.path_, {})} {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  Result<std::string> write(const std::string& name, const std::string& text) const {
    auto file = path_ + "/" + name;
    const auto code = replace_file(file, text, 0600);
    return code ? Result<std::string>{fail(ErrorKind::unavailable, "{}: {}", file, code.message())}
                : Result<std::string>{std::move(file)};
  }
  const std::string& path() const { return path_; }

 private:
  explicit PrivateFolder(std::string path) : path_{std::move(path)} {}
  std::string path_;
};

Error not_a_backup(const std::string& file, const Error& why) {
  return Error{ErrorKind::invalid, fmt::format("{} cannot be put back: {}", file, why.text())}
      .remedy("choose another copy, or use the program that made this one");
}

// "215; 1259 16386 TABLE DATA public prefixes orrery" -> "TABLE DATA public prefixes orrery".
std::string_view entry_of(std::string_view line) {
  for (int i = 0; i < 3; ++i) line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  return line;
}

// What else a copy may hold would be made beside our tables; what stands outside of any
// transaction (large objects) would make the whole undertaking one that cannot be taken back.
Result<> check_contents(const std::string& file, const std::string& list) {
  constexpr std::string_view ours[] = {"TABLE ",   "SEQUENCE ", "INDEX ",        "CONSTRAINT ",
                                       "DEFAULT ", "COMMENT ",  "FK CONSTRAINT "};
  std::ifstream lines{list};
  if (!lines) return fail(ErrorKind::unavailable, "{} cannot be read", list);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with(';')) continue;
    const auto entry = entry_of(line);
    const bool known =
        std::ranges::any_of(ours, [&](std::string_view kind) { return entry.starts_with(kind); });
    if (known) continue;
    return fail(not_a_backup(file, {ErrorKind::invalid, fmt::format("it holds more than tables: {}",
                                                                    printable(entry))}));
  }
  return {};
}

// What PostgreSQL's own program says of a file, unless it had no room or no time to.
Error about_the_copy(const std::string& file, Error error) {
  const bool its_own =
      error.kind() != ErrorKind::unavailable || error.text().find("No space") != std::string::npos;
  return its_own ? error : not_a_backup(file, error);
}

}  // namespace

// Its history is looked at when it is put back.
Result<> Backend::examine(const std::string& file, std::span<const Known>,
                          const Patience& patience) {
  const auto folder = PrivateFolder::make();
  if (!folder) return fail(folder.error());
  const auto list = folder->path() + "/list";
  auto read = run_tool({"pg_restore", "--list", "--file=" + list, file}, address_, patience);
  if (!read) return fail(about_the_copy(file, std::move(read).error()));
  if (auto good = check_contents(file, list); !good) return good;
  read = run_tool({"pg_restore", "--file=/dev/null", file}, address_, patience);
  return read ? std::move(read) : fail(about_the_copy(file, std::move(read).error()));
}

// The copy as SQL, after the removal of every table of ours and before a look at what came, in one
// transaction.
Result<std::string> Backend::restore(const std::string& file, std::span<const Known> known,
                                     const Patience& patience) {
  if (auto good = examine(file, known, patience); !good) return fail(std::move(good).error());
  const auto folder = PrivateFolder::make();
  if (!folder) return fail(folder.error());
  const auto content = folder->path() + "/content.sql";
  auto read = run_tool({"pg_restore", "--no-owner", "--no-privileges", "--file=" + content, file},
                       address_, patience);
  if (!read) return fail(about_the_copy(file, std::move(read).error()));
  std::vector<std::string> names;
  for (const auto& table : declared_model()) names.push_back(table.name);
  const auto removal = folder->write(
      "removal.sql", fmt::format("DROP TABLE IF EXISTS {} CASCADE;\n", join(names, ", ")));
  if (!removal) return fail(removal.error());
  const auto check = folder->write("check.sql", check_of(known));
  if (!check) return fail(check.error());
  auto done =
      run_tool({"psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
                "--file=" + *removal, "--file=" + content, "--file=" + *check},
               address_, patience);
  if (done) return std::string{};
  const bool refused = done.error().text().find("it is ") != std::string::npos;
  return fail(refused ? not_a_backup(file, done.error()) : std::move(done).error());
}

Backend::Shell Backend::shell() const {
  return {{"psql"}, environment_of(address_), "postgresql-client"};
}

}  // namespace orrery::storage::postgres
