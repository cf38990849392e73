#include "storage/sqlite/sqlite_database.h"

#include <filesystem>

namespace orrery::storage::sqlite {
namespace {

constexpr std::string_view memory = ":memory:";
// A full check reads the whole file; for a large one that is `db validate`'s business.
constexpr std::uintmax_t check_up_to = std::uintmax_t{64} << 20U;

Result<> set_up(Connection& connection) {
  return connection.run_script(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
}

Result<> check(Connection& connection, const std::string& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > check_up_to || error) return {};
  auto rows = connection.run({"PRAGMA quick_check(1)", {}});
  if (!rows) return fail(std::move(rows).error());
  if (!rows->empty() && rows->front().text(0) == "ok") return {};
  Error damaged{
      ErrorKind::corrupt,
      fmt::format("{} is damaged: {}", path, rows->empty() ? "no answer" : rows->front().text(0))};
  return fail(std::move(damaged).remedy(
      fmt::format("move {} away and put a backup in its place, or start with an empty one", path)));
}

Result<Rows> run_all(Connection& connection, const std::vector<Statement>& statements) {
  if (auto begun = connection.run_script("BEGIN IMMEDIATE"); !begun)
    return fail(std::move(begun).error());
  Result<Rows> rows;
  for (const auto& statement : statements) {
    rows = connection.run(statement);
    if (!rows) break;
  }
  if (rows) {
    if (auto done = connection.run_script("COMMIT"); !done) rows = fail(std::move(done).error());
  }
  if (!rows) [[maybe_unused]]
    auto undone = connection.run_script("ROLLBACK");
  return rows;
}

}  // namespace

SqliteDatabase::SqliteDatabase(std::string path, Duration busy_timeout)
    : path_{std::move(path)}, name_{"sqlite:" + path_}, busy_timeout_{busy_timeout} {}

SqliteDatabase::~SqliteDatabase() = default;

// On the threads themselves, so that nobody waits for a disk on the caller's. The writer last: it
// writes the log back and removes it.
Task<> SqliteDatabase::close() {
  std::move_only_function<Result<bool>()> close_reader = [this] {
    reader_.reset();
    return true;
  };
  auto first = reading_.run<bool>(std::move(close_reader));
  auto closed = co_await std::move(first);
  if (!closed) co_return fail(std::move(closed).error());
  std::move_only_function<Result<bool>()> close_writer = [this] {
    writer_.reset();
    return true;
  };
  auto last = writing_.run<bool>(std::move(close_writer));
  closed = co_await std::move(last);
  if (!closed) co_return fail(std::move(closed).error());
  co_return Result<>{};
}

Result<Migrated> SqliteDatabase::open_now(const Patience& patience) {
  auto connection = Connection::open(path_, Access::read_write, busy_timeout_);
  if (!connection) return fail(std::move(connection).error());
  const Connection::Bound bound{**connection, patience};
  if (auto ready = set_up(**connection); !ready) return fail(std::move(ready).error());
  if (auto sound = check(**connection, path_); !sound) return fail(std::move(sound).error());
  auto migrated = migrate(**connection, migrations());
  if (!migrated) return migrated;
  if (path_ != memory) {
    auto reader = Connection::open(path_, Access::read_only, busy_timeout_);
    if (!reader) return fail(std::move(reader).error());
    reader_ = std::move(*reader);
  }
  writer_ = std::move(*connection);
  return migrated;
}

Task<Migrated> SqliteDatabase::open(Patience patience) {
  std::move_only_function<Result<Migrated>()> job = [this, patience] { return open_now(patience); };
  auto running = writing_.run<Migrated>(std::move(job));
  co_return co_await std::move(running);
}

Task<Rows> SqliteDatabase::read(Statement statement, Patience patience) {
  const bool own_thread = reader_ != nullptr;
  std::move_only_function<Result<Rows>()> job = [this, own_thread, statement = std::move(statement),
                                                 patience] {
    auto& connection = own_thread ? *reader_ : *writer_;
    const Connection::Bound bound{connection, patience};
    return connection.run(statement);
  };
  auto running = (own_thread ? reading_ : writing_).run<Rows>(std::move(job));
  co_return co_await std::move(running);
}

Task<Rows> SqliteDatabase::write(std::vector<Statement> statements, Patience patience) {
  std::move_only_function<Result<Rows>()> job = [this, statements = std::move(statements),
                                                 patience] {
    const Connection::Bound bound{*writer_, patience};
    return run_all(*writer_, statements);
  };
  auto running = writing_.run<Rows>(std::move(job));
  co_return co_await std::move(running);
}

}  // namespace orrery::storage::sqlite
