#include "storage/sqlite/backend.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <sqlite3.h>

#include "core/text.h"
#include "storage/copies.h"
#include "storage/sqlite/connection.h"

namespace orrery::storage::sqlite {
namespace {

namespace fs = std::filesystem;

// A full check reads the whole file; for a large one that is `db validate`'s business.
constexpr std::uintmax_t check_up_to = std::uintmax_t{64} << 20U;

// synchronous FULL: what was acknowledged is on the disk, also after a power loss.
constexpr const char* set_up =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

// When several programs open a new file at once, SQLite refuses the change of its log's mode
// without asking whether anybody would wait.
Result<> set_up_in_time(Connection& connection, Duration busy_timeout, const Patience& patience) {
  const auto until = std::chrono::steady_clock::now() + busy_timeout;
  while (true) {
    auto ready = connection.script(set_up);
    const bool busy = (sqlite3_errcode(connection.handle()) & 0xFF) == SQLITE_BUSY;
    if (ready || !busy || patience.over() || std::chrono::steady_clock::now() >= until)
      return ready;
    sqlite3_sleep(5);
  }
}

// Copies page by page, a few at a time, so that a stop request is heard. What is copied is looked
// at in one transaction: else every change that somebody else makes would begin the copy anew.
Result<> copy(Connection& from, Connection& to, const Patience& patience) {
  constexpr int pages = 256;
  if (auto begun = from.script("BEGIN; SELECT count(*) FROM sqlite_schema"); !begun) return begun;
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

Error not_a_backup(const std::string& file, std::string_view why) {
  return Error{ErrorKind::invalid, fmt::format("{} cannot be put back: {}", file, why)}.remedy(
      "choose another: the folder backups in the data folder has those made so far");
}

// A copy that cannot be read back is none.
Result<> read_back(const std::string& file, const Patience& patience) {
  auto connection = Connection::open(file, Access::read_only, std::chrono::seconds{1});
  if (!connection) return fail(std::move(connection).error());
  const storage::Connection::Bound bound{**connection, patience};
  return check_file(**connection, file, Thoroughness::thorough);
}

// Whether its migrations are the first of those known.
Result<> check_history(const std::string& file, std::span<const Known> known,
                       const Patience& patience) {
  auto connection = Connection::open(file, Access::read_only, std::chrono::seconds{1});
  if (!connection) return fail(std::move(connection).error());
  const storage::Connection::Bound bound{**connection, patience};
  auto rows =
      (*connection)->run({"SELECT number, fingerprint FROM schema_migrations ORDER BY number", {}});
  if (!rows || rows->empty()) return fail(not_a_backup(file, "it is not of Orrery's database"));
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto& row = (*rows)[i];
    const bool fits = i < known.size() && row.integer(0) == known[i].number &&
                      row.integer(1) == known[i].fingerprint;
    if (!fits) return fail(not_a_backup(file, "it is of a newer program, or of another one"));
    for (const auto& table : known[i].tables) {
      auto found =
          (*connection)
              ->run({"SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1", {table}});
      if (!found) return fail(std::move(found).error());
      if (found->empty())
        return fail(not_a_backup(file, fmt::format("it lacks the table {}", table)));
    }
  }
  return {};
}

// Behind links: what is put in the place of a database is put where it is.
std::string real_of(const std::string& path) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  return error ? path : real.string();
}

// A file of this name, for something that is in the way: "/srv/orrery.db.damaged-20260131T120000Z".
std::string aside(const std::string& path) {
  auto stamp = iso8601(wall_now()).substr(0, 19) + "Z";
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}.damaged-{}", path, stamp);
}

// What is no database any more cannot be overwritten as one: it makes room, with its log.
Result<std::string> set_aside(const std::string& path) {
  auto to = aside(path);
  for (const std::string_view part : {"", "-wal", "-shm"}) {
    const auto from = fmt::format("{}{}", path, part);
    std::error_code error;
    if (!fs::exists(from, error)) continue;
    fs::rename(from, fmt::format("{}{}", to, part), error);
    if (error) return fail(ErrorKind::denied, "{} cannot be moved: {}", from, error.message());
  }
  return to;
}

// As if nothing had been: a copy that could not be put there is no reason to lose what was.
void put_back(const std::string& aside, const std::string& path) {
  for (const std::string_view part : {"", "-wal", "-shm"}) {
    std::error_code error;
    fs::remove(fmt::format("{}{}", path, part), error);
    const auto from = fmt::format("{}{}", aside, part);
    if (fs::exists(from, error)) fs::rename(from, fmt::format("{}{}", path, part), error);
  }
}

// What somebody called off says nothing about the copy.
bool is_about_the_copy(ErrorKind kind) {
  return kind != ErrorKind::timeout && kind != ErrorKind::cancelled &&
         kind != ErrorKind::unavailable;
}

// Nothing if it can be written over.
Result<std::string> make_room(const std::string& path, Duration busy_timeout) {
  auto target = Connection::open(path, Access::read_write, busy_timeout);
  if (!target) {
    if (target.error().kind() == ErrorKind::corrupt) return set_aside(path);
    return fail(std::move(target).error());
  }
  auto rows = (*target)->run({"SELECT count(*) FROM sqlite_schema", {}});
  if (rows) return std::string{};
  if (rows.error().kind() != ErrorKind::corrupt) return fail(std::move(rows).error());
  target->reset();
  return set_aside(path);
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
      {"SELECT name, type, \"notnull\", pk, dflt_value IS NOT NULL FROM pragma_table_info($1) "
       "ORDER BY cid",
       {table.name}});
  if (!rows) return fail(std::move(rows).error());
  std::map<std::int64_t, std::string> key;
  for (const auto& row : *rows) {
    // A rowid's own column refuses NULL without saying so.
    const bool refuses = row.integer(2) != 0 || row.integer(3) != 0;
    table.columns.push_back({row.text(0), type_of(row.text(1)),
                             refuses ? Null::refused : Null::allowed,
                             row.integer(4) != 0 ? Preset::some : Preset::none});
    if (row.integer(3) != 0) key[row.integer(3)] = row.text(0);
  }
  for (auto& [place, name] : key) table.key.push_back(std::move(name));
  if (table.key.size() == 1) {
    // A whole number that is the only key is counted on where none is given.
    const auto only = std::ranges::find(table.columns, table.key.front(), &Column::name);
    if (only->type == Type::integer) only->preset = Preset::some;
  }
  return {};
}

Result<> describe_triggers(storage::Connection& connection, Table& table) {
  auto rows = connection.run(
      {"SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 ORDER BY name",
       {table.name}});
  if (!rows) return fail(std::move(rows).error());
  for (const auto& row : *rows) table.triggers.push_back(row.text(0));
  return {};
}

// What follows WHERE in its declaration.
Result<std::string> condition_of(storage::Connection& connection, const std::string& index) {
  auto rows = connection.run(
      {"SELECT coalesce(sql, '') FROM sqlite_schema WHERE type = 'index' AND name = $1", {index}});
  if (!rows) return fail(std::move(rows).error());
  if (rows->empty()) return std::string{};
  const auto sql = rows->front().text(0);
  const auto at = lower(sql).find(" where ");
  return at == std::string::npos ? std::string{} : bare_condition(sql.substr(at + 7));
}

Result<> describe_indexes(storage::Connection& connection, Table& table) {
  auto rows = connection.run(
      {"SELECT name, \"unique\" FROM pragma_index_list($1) WHERE origin <> 'pk' ORDER BY name",
       {table.name}});
  if (!rows) return fail(std::move(rows).error());
  for (const auto& row : *rows) {
    auto columns = columns_of(connection, row.text(0));
    if (!columns) return fail(std::move(columns).error());
    auto where = condition_of(connection, row.text(0));
    if (!where) return fail(std::move(where).error());
    table.indexes.push_back({row.text(0), std::move(*columns),
                             row.integer(1) != 0 ? Unique::yes : Unique::no, std::move(*where)});
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
  auto ready = set_up_in_time(**connection, busy_timeout_, patience);
  if (!ready) return fail(std::move(ready).error());
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
Result<> Backend::probe(storage::Connection& connection, Probe) {
  return connection.transact(
      [](storage::Connection& inside) { return inside.script("PRAGMA user_version = 0"); });
}

Result<Model> Backend::describe(storage::Connection& connection) {
  auto names = connection.run(
      {"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
       "'\\' ORDER BY name",
       {}});
  if (!names) return fail(std::move(names).error());
  Model model;
  for (const auto& row : *names) {
    auto& table = model.emplace_back(Table{.name = row.text(0), .columns = {}, .key = {}});
    for (const auto& part :
         {describe_columns, describe_indexes, describe_foreign_keys, describe_triggers}) {
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
  const auto unfinished = unfinished_name(file);
  const auto made = [&]() -> Result<> {
    auto to = Connection::open(unfinished, Access::read_write, busy_timeout_);
    if (!to) return fail(std::move(to).error());
    if (auto copied = copy(**from, **to, patience); !copied) return copied;
    return close_copy(**to);
  }();
  auto good = made ? read_back(unfinished, patience) : made;
  std::error_code error;
  if (good) fs::rename(unfinished, file, error);
  if (good && error) good = fail(ErrorKind::unavailable, "{}: {}", file, error.message());
  if (!good) fs::remove(unfinished, error);
  return good;
}

Result<> Backend::examine(const std::string& file, std::span<const Known> known,
                          const Patience& patience) {
  if (auto whole = read_back(file, patience); !whole) {
    const bool bad = is_about_the_copy(whole.error().kind());
    return fail(bad ? not_a_backup(file, whole.error().text()) : std::move(whole).error());
  }
  return check_history(file, known, patience);
}

Result<std::string> Backend::restore(const std::string& file, std::span<const Known> known,
                                     const Patience& patience) {
  std::error_code error;
  if (fs::equivalent(file, path_, error)) {
    Error same{ErrorKind::invalid, fmt::format("{} is the database itself, and no copy", file)};
    return fail(std::move(same).remedy("see what copies there are: orrery db status"));
  }
  const auto path = real_of(path_);
  if (auto good = examine(file, known, patience); !good) return fail(std::move(good).error());
  auto from = Connection::open(file, Access::read_only, busy_timeout_);
  if (!from) return fail(std::move(from).error());
  auto moved = make_room(path, busy_timeout_);
  if (!moved) return fail(std::move(moved).error());
  auto copied = [&]() -> Result<> {
    auto to = Connection::open(path, Access::read_write, busy_timeout_);
    if (!to) return fail(std::move(to).error());
    // One transaction of SQLite's: readers see the old database or the new one.
    return copy(**from, **to, patience);
  }();
  if (copied) return moved;
  if (!moved->empty()) put_back(*moved, path);
  return fail(std::move(copied).error());
}

Backend::Shell Backend::shell() const { return {{"sqlite3", path_}, {}, "sqlite3"}; }

}  // namespace orrery::storage::sqlite
