#include "storage/sqlite/backend.h"

#include <filesystem>
#include <map>

#include <sqlite3.h>

#include "storage/sqlite/connection.h"

namespace orrery::storage::sqlite {
namespace {

namespace fs = std::filesystem;

// A full check reads the whole file; for a large one that is `db validate`'s business.
constexpr std::uintmax_t check_up_to = std::uintmax_t{64} << 20U;

// synchronous NORMAL: after a power loss the last transactions may be missing, but the file is
// whole; after a crash of the process alone nothing is missing.
constexpr const char* set_up =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";

// Copies page by page, a few at a time, so that a stop request is heard.
Result<> copy(Connection& from, Connection& to, const Patience& patience) {
  constexpr int pages = 256;
  auto* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return fail(to.error("beginning a copy"));
  int code = SQLITE_OK;
  while (!patience.over()) {
    code = sqlite3_backup_step(backup, pages);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
      sqlite3_sleep(5);
    } else if (code != SQLITE_OK) {
      break;
    }
  }
  const int finished = sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  if (patience.over()) {
    const auto kind = patience.token.requested() ? ErrorKind::cancelled : ErrorKind::timeout;
    return fail(kind, "the copy was not finished in time");
  }
  return fail(to.error("copying"));
}

Error not_a_backup(const std::string& file, Error why) {
  return Error{ErrorKind::corrupt, fmt::format("{} is no usable backup: {}", file, why.text())}
      .remedy("choose another: the folder backups in the data folder has those made so far");
}

// A backup that cannot be read back is none.
Result<> verify(const std::string& file) {
  auto connection = Connection::open(file, Access::read_only, std::chrono::seconds{1});
  if (!connection) return fail(not_a_backup(file, std::move(connection).error()));
  auto sound = check_file(**connection, file, Thoroughness::thorough);
  if (!sound) return fail(not_a_backup(file, std::move(sound).error()));
  auto rows = (*connection)->run({"SELECT count(*) FROM schema_migrations", {}});
  if (!rows) return fail(not_a_backup(file, std::move(rows).error()));
  return {};
}

// The copy has the mode of the original's log, and would leave files beside it.
Result<> close_copy(Connection& copy) { return copy.script("PRAGMA journal_mode = DELETE"); }

Type type_of(std::string_view declared) {
  if (declared == "INTEGER") return Type::integer;
  if (declared == "REAL") return Type::real;
  if (declared == "TEXT") return Type::text;
  if (declared == "BLOB") return Type::blob;
  return Type::other;
}

Result<std::vector<std::string>> columns_of(storage::Connection& connection,
                                            const std::string& index) {
  auto rows = connection.run({"SELECT name FROM pragma_index_info($1) ORDER BY seqno", {index}});
  if (!rows) return fail(std::move(rows).error());
  std::vector<std::string> names;
  for (const auto& row : *rows) names.push_back(row.is_null(0) ? "(expression)" : row.text(0));
  return names;
}

Result<> describe_columns(storage::Connection& connection, Table& table) {
  auto rows = connection.run(
      {"SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY cid", {table.name}});
  if (!rows) return fail(std::move(rows).error());
  std::map<std::int64_t, std::string> key;
  for (const auto& row : *rows) {
    // A rowid's own column refuses NULL without saying so.
    const bool refuses = row.integer(2) != 0 || row.integer(3) != 0;
    table.columns.push_back(
        {row.text(0), type_of(row.text(1)), refuses ? Null::refused : Null::allowed});
    if (row.integer(3) != 0) key[row.integer(3)] = row.text(0);
  }
  for (auto& [place, name] : key) table.key.push_back(std::move(name));
  return {};
}

Result<> describe_indexes(storage::Connection& connection, Table& table) {
  auto rows = connection.run(
      {"SELECT name, \"unique\" FROM pragma_index_list($1) WHERE origin <> 'pk' ORDER BY name",
       {table.name}});
  if (!rows) return fail(std::move(rows).error());
  for (const auto& row : *rows) {
    auto columns = columns_of(connection, row.text(0));
    if (!columns) return fail(std::move(columns).error());
    table.indexes.push_back(
        {row.text(0), std::move(*columns), row.integer(1) != 0 ? Unique::yes : Unique::no});
  }
  return {};
}

Result<> describe_foreign_keys(storage::Connection& connection, Table& table) {
  auto rows = connection.run(
      {"SELECT id, \"table\", \"from\" FROM pragma_foreign_key_list($1) ORDER BY id, seq",
       {table.name}});
  if (!rows) return fail(std::move(rows).error());
  std::int64_t last = -1;
  for (const auto& row : *rows) {
    if (row.integer(0) != last) table.foreign_keys.push_back({{}, row.text(1)});
    last = row.integer(0);
    table.foreign_keys.back().columns.push_back(row.text(2));
  }
  return {};
}

}  // namespace

std::string path_of(const std::string& url, const std::string& data_folder) {
  auto path = url.substr(std::string_view{"sqlite:"}.size());
  if (path.starts_with("//")) path = path.substr(2);  // sqlite:///srv/x.db
  return path.starts_with('/') || path == ":memory:" ? path : data_folder + "/" + path;
}

Result<std::unique_ptr<storage::Connection>> Backend::connect(Access access,
                                                              const Patience& patience) {
  auto connection = Connection::open(path_, access, busy_timeout_);
  if (!connection) return fail(std::move(connection).error());
  if (access == Access::read_only) return connection;
  const storage::Connection::Bound bound{**connection, patience};
  if (auto ready = (*connection)->script(set_up); !ready) return fail(std::move(ready).error());
  return connection;
}

Result<> check_file(storage::Connection& connection, const std::string& path,
                    Thoroughness thoroughness) {
  const bool quick = thoroughness == Thoroughness::quick;
  auto rows = connection.run({quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", {}});
  if (!rows) return fail(std::move(rows).error());
  if (!rows->empty() && rows->front().text(0) == "ok") return {};
  Error damaged{
      ErrorKind::corrupt,
      fmt::format("{} is damaged: {}", path, rows->empty() ? "no answer" : rows->front().text(0))};
  return fail(std::move(damaged).remedy(
      fmt::format("move {} away and put a backup in its place (orrery db restore FILE), or start "
                  "with an empty one",
                  path)));
}

Result<> Backend::check(storage::Connection& connection) {
  std::error_code error;
  if (single() || fs::file_size(path_, error) > check_up_to || error) return {};
  return check_file(connection, path_, Thoroughness::quick);
}

// Writes the header with what it holds already: needs the lock and room on the disk like any other.
Statement Backend::probe() const { return {"PRAGMA user_version = 0", {}}; }

Result<Model> Backend::describe(storage::Connection& connection) {
  auto names = connection.run(
      {"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
       "'\\' ORDER BY name",
       {}});
  if (!names) return fail(std::move(names).error());
  Model model;
  for (const auto& row : *names) {
    auto& table = model.emplace_back(Table{.name = row.text(0), .columns = {}, .key = {}});
    for (const auto& part : {describe_columns, describe_indexes, describe_foreign_keys}) {
      if (auto done = part(connection, table); !done) return fail(std::move(done).error());
    }
  }
  return model;
}

Result<std::int64_t> Backend::size(storage::Connection& connection) {
  auto rows = connection.run(
      {"SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", {}});
  if (!rows) return fail(std::move(rows).error());
  return rows->front().integer(0);
}

Result<> Backend::back_up(const std::string& file, const Patience& patience) {
  auto from = Connection::open(path_, Access::read_only, busy_timeout_);
  if (!from) return fail(std::move(from).error());
  // Under another name until it is whole, so that what bears the name is a backup.
  const auto unfinished = file + ".part";
  const auto made = [&]() -> Result<> {
    auto to = Connection::open(unfinished, Access::read_write, busy_timeout_);
    if (!to) return fail(std::move(to).error());
    if (auto copied = copy(**from, **to, patience); !copied) return copied;
    return close_copy(**to);
  }();
  auto good = made ? verify(unfinished) : made;
  std::error_code error;
  if (good) fs::rename(unfinished, file, error);
  if (good && error) good = fail(ErrorKind::unavailable, "{}: {}", file, error.message());
  if (!good) fs::remove(unfinished, error);
  return good;
}

Result<> Backend::restore(const std::string& file, const Patience& patience) {
  if (auto good = verify(file); !good) return good;
  auto from = Connection::open(file, Access::read_only, busy_timeout_);
  if (!from) return fail(std::move(from).error());
  auto to = Connection::open(path_, Access::read_write, busy_timeout_);
  if (!to) return fail(std::move(to).error());
  // One transaction of SQLite's: readers see the old database or the new one.
  return copy(**from, **to, patience);
}

Backend::Shell Backend::shell() const { return {{"sqlite3", path_}, {}, "sqlite3"}; }

}  // namespace orrery::storage::sqlite
