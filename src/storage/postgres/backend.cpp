#include "storage/postgres/backend.h"

#include <filesystem>
#include <thread>

#include "core/file.h"
#include "core/text.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/tool.h"

namespace orrery::storage::postgres {
namespace {

namespace fs = std::filesystem;

// The number of our lock among the server's: "orrery" in ASCII.
constexpr std::int64_t migration_lock = 0x6F7272657279;

constexpr const char* tables =
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 "
    "AND NOT a.attisdropped ORDER BY c.relname, a.attnum";
constexpr const char* indexes =
    "SELECT c.relname, i.relname, x.indisprimary, x.indisunique, "
    "array_to_string(ARRAY(SELECT coalesce(a.attname, '(expression)') "
    "FROM unnest(x.indkey) WITH ORDINALITY k(n, place) LEFT JOIN pg_attribute a "
    "ON a.attrelid = c.oid AND a.attnum = k.n ORDER BY k.place), ',') "
    "FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' "
    "ORDER BY c.relname, i.relname";
constexpr const char* foreign_keys =
    "SELECT c.relname, f.relname, array_to_string(ARRAY(SELECT a.attname "
    "FROM unnest(k.conkey) WITH ORDINALITY n(n, place) JOIN pg_attribute a "
    "ON a.attrelid = c.oid AND a.attnum = n.n ORDER BY n.place), ',') "
    "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
    "JOIN pg_class f ON f.oid = k.confrelid "
    "WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace "
    "ORDER BY c.relname, k.conname";

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
  table.columns.push_back(
      {row.text(1), type_of(row.text(2)), row.integer(3) != 0 ? Null::refused : Null::allowed});
}

void take_index(std::map<std::string, Table>& found, const Row& row) {
  auto& table = found[row.text(0)];
  if (row.integer(2) != 0) {
    table.key = names_in(row.text(4));
  } else {
    table.indexes.push_back(
        {row.text(1), names_in(row.text(4)), row.integer(3) != 0 ? Unique::yes : Unique::no});
  }
}

void take_foreign_key(std::map<std::string, Table>& found, const Row& row) {
  found[row.text(0)].foreign_keys.push_back({names_in(row.text(2)), row.text(1)});
}

}  // namespace

Result<std::unique_ptr<storage::Connection>> Backend::connect(Access access,
                                                              const Patience& patience) {
  return postgres::Connection::open(address_, access, connect_timeout_, patience);
}

// Asked again and again rather than waited for, so that a stop request is heard.
Result<> Backend::lock_migrations(storage::Connection& connection) {
  while (true) {
    auto rows = connection.run({"SELECT pg_try_advisory_lock($1)", {migration_lock}});
    if (!rows) return fail(std::move(rows).error().with("waiting for another program's migration"));
    if (rows->front().integer(0) != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

void Backend::unlock_migrations(storage::Connection& connection) {
  [[maybe_unused]] const auto done =
      connection.run({"SELECT pg_advisory_unlock($1)", {migration_lock}});
}

// Whether it may be written to, which a server in recovery cannot.
Statement Backend::probe() const { return {"SELECT txid_current()", {}}; }

Result<Model> Backend::describe(storage::Connection& connection) {
  std::map<std::string, Table> found;
  const std::pair<const char*, void (*)(std::map<std::string, Table>&, const Row&)> parts[] = {
      {tables, take_column}, {indexes, take_index}, {foreign_keys, take_foreign_key}};
  for (const auto& [sql, take] : parts) {
    auto done = connection.each({sql, {}}, [&](const Row& row) { take(found, row); });
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
  const auto unfinished = file + ".part";
  std::vector<std::string> dump{"pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                                "--file=" + unfinished};
  for (const auto& table : declared_model()) dump.push_back("--table=" + table.name);
  auto done = run_tool(dump, address_, patience);
  if (done) done = run_tool({"pg_restore", "--list", unfinished}, address_, patience);
  std::error_code error;
  if (done) fs::rename(unfinished, file, error);
  if (done && error) done = fail(ErrorKind::unavailable, "{}: {}", file, error.message());
  if (done) return {};
  fs::remove(unfinished, error);
  if (done.error().kind() != ErrorKind::unsupported) return done;
  return fail(std::move(done).error().remedy(
      "install it (apt-get install postgresql-client), or make a copy yourself and set "
      "database.backup_before_migration = false"));
}

// The copy as SQL, after the removal of every table of ours, in one transaction.
Result<> Backend::restore(const std::string& file, const Patience& patience) {
  const auto removal = file + ".removal.sql";
  const auto content = file + ".content.sql";
  auto done = run_tool({"pg_restore", "--no-owner", "--no-privileges", "--file=" + content, file},
                       address_, patience);
  if (!done && done.error().kind() == ErrorKind::unavailable)
    done = fail(ErrorKind::corrupt, "{} is no usable backup: {}", file, done.error().text());
  std::vector<std::string> names;
  for (const auto& table : declared_model()) names.push_back(table.name);
  const auto drop = fmt::format("DROP TABLE IF EXISTS {} CASCADE;\n", join(names, ", "));
  if (const auto code = done ? replace_file(removal, drop, 0600) : std::error_code{}; code)
    done = fail(ErrorKind::unavailable, "{}: {}", removal, code.message());
  if (done) {
    done = run_tool({"psql", "--no-psqlrc", "--quiet", "--single-transaction",
                     "--set=ON_ERROR_STOP=1", "--file=" + removal, "--file=" + content},
                    address_, patience);
  }
  std::error_code error;
  fs::remove(removal, error);
  fs::remove(content, error);
  return done;
}

Backend::Shell Backend::shell() const {
  return {{"psql"}, environment_of(address_), "postgresql-client"};
}

}  // namespace orrery::storage::postgres
