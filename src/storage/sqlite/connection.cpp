#include "storage/sqlite/connection.h"

#include <charconv>
#include <cstring>
#include <filesystem>

#include <sqlite3.h>

#include "core/utf8.h"

namespace orrery::storage::sqlite {
namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::unavailable;
    case SQLITE_CONSTRAINT:
      return ErrorKind::conflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorKind::corrupt;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return ErrorKind::denied;
    case SQLITE_INTERRUPT:
      return ErrorKind::cancelled;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::invalid;
  }
}

std::string remedy_of(int code, const std::string& path) {
  switch (code & 0xFF) {
    case SQLITE_CANTOPEN:
      return fmt::format(
          "make sure that the folder of {} exists and may be written, or set database.url", path);
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return fmt::format("give this user the right to write {} and its folder", path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return fmt::format("move {} away and put a backup in its place, or start with an empty one",
                         path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("end the other program that uses {}", path);
    case SQLITE_FULL:
      return "make room on the disk and try again";
    case SQLITE_IOERR:
      return fmt::format("look at the disk that holds {} (full, read-only, failing?)", path);
    default:
      return {};
  }
}

// Why a file cannot be opened, as the file system sees it: SQLite only says that it cannot.
std::string open_reason(const std::string& path, const char* fallback) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path file{path};
  if (fs::is_directory(file, error)) return "it is a folder";
  const auto folder = file.parent_path();
  if (!folder.empty() && !fs::exists(folder, error)) {
    return error ? error.message() : fmt::format("the folder {} does not exist", folder.string());
  }
  const int code = errno;
  if (code == EACCES || code == EPERM || code == EROFS || code == ENOSPC || code == EMFILE ||
      code == ENFILE)
    return std::strerror(code);
  return fallback;
}

std::string open_remedy(int code, const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return "name a file in database.url, not a folder; or move the folder away";
  const bool few = errno == EMFILE || errno == ENFILE;
  return few ? "raise the limit of open files (ulimit -n, LimitNOFILE)" : remedy_of(code, path);
}

Value value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      const std::string_view bytes{
          text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
      // A file takes anything for text, by other programs.
      const bool good = is_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
      return good ? std::string{bytes} : as_utf8(bytes);
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
      return Blob{bytes, bytes + sqlite3_column_bytes(statement, column)};
    }
    default:
      return std::monostate{};
  }
}

// What is bound outlives the step, so it need not be copied.
struct Binder {
  sqlite3_stmt* statement;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
  int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
  int operator()(const std::string& text) const {
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(const Blob& bytes) const {
    if (bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0);  // no pointer means NULL
    return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
};

// Leaves a prepared statement as it was; what was bound points into the statement that was given.
struct Finished {
  sqlite3_stmt* statement;
  explicit Finished(sqlite3_stmt* of) : statement{of} {}
  Finished(const Finished&) = delete;
  Finished& operator=(const Finished&) = delete;
  ~Finished() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

// Parameters are named $1, $2, …; SQLite numbers names in the order in which they appear.
int place_of(sqlite3_stmt* statement, int index) {
  const char* name = sqlite3_bind_parameter_name(statement, index);
  if (name == nullptr || *name != '$') return index;
  int place = index;
  const std::string_view digits{name + 1};
  std::from_chars(digits.data(), digits.data() + digits.size(), place);
  return place;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access,
                                                     Duration busy_timeout) {
  sqlite3* handle = nullptr;
  const int mode = access == Access::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  errno = 0;
  const int code = sqlite3_open_v2(path.c_str(), &handle,
                                   mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    const auto reason = open_reason(path, sqlite3_errstr(code));
    sqlite3_close_v2(handle);
    std::error_code hidden;  // in a folder that may not be entered
    if (access == Access::read_only && !std::filesystem::exists(path, hidden) && !hidden) {
      return fail(Error{ErrorKind::not_found, fmt::format("{} does not exist yet", path)}.remedy(
          "the first start makes it, or: orrery db migrate"));
    }
    Error error{kind_of(code), fmt::format("{} cannot be opened: {}", path, reason)};
    return fail(std::move(error).remedy(open_remedy(code, path)));
  }
  // A file that may only be read is opened without a word, and the first write would fail.
  if (access == Access::read_write && sqlite3_db_readonly(handle, "main") == 1) {
    sqlite3_close_v2(handle);
    Error error{ErrorKind::denied, fmt::format("{} may only be read, not written", path)};
    return fail(std::move(error).remedy(remedy_of(SQLITE_READONLY, path)));
  }
  return std::unique_ptr<Connection>{new Connection{handle, path, busy_timeout}};
}

Connection::Connection(sqlite3* handle, std::string path, Duration busy_timeout)
    : handle_{handle}, path_{std::move(path)}, busy_timeout_{busy_timeout} {
  sqlite3_busy_handler(handle_, on_busy, this);
  sqlite3_progress_handler(handle_, 1000, on_progress, this);
}

Connection::~Connection() {
  for (const auto& [sql, prepared] : statements_) sqlite3_finalize(prepared.handle);
  sqlite3_close(handle_);
}

// SQLite's own busy timeout sleeps through a stop request; this one looks up every few
// milliseconds.
int Connection::on_busy(void* self, int attempts) {
  auto& connection = *static_cast<Connection*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (attempts == 0) connection.busy_since_ = now;
  if (connection.out_of_patience() || now - connection.busy_since_ >= connection.busy_timeout_)
    return 0;
  sqlite3_sleep(5);
  return 1;
}

int Connection::on_progress(void* self) {
  return static_cast<Connection*>(self)->out_of_patience() ? 1 : 0;
}

Error Connection::error(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(handle_);
  const auto text = fmt::format("{} in {}: {}", doing, path_, sqlite3_errmsg(handle_));
  if (out_of_patience()) {
    const bool stopped = patience()->token.requested();
    return {stopped ? ErrorKind::cancelled : ErrorKind::timeout, text};
  }
  return Error{kind_of(code), text}.remedy(remedy_of(code, path_));
}

Result<Connection::Prepared*> Connection::prepare(const std::string& sql) {
  const auto cached = statements_.find(sql);
  if (cached != statements_.end()) return &cached->second;
  Prepared fresh;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &fresh.handle, nullptr);
  if (code != SQLITE_OK) return fail(error("preparing a statement"));
  const int count = sqlite3_bind_parameter_count(fresh.handle);
  for (int i = 1; i <= count; ++i)
    fresh.places.push_back(static_cast<std::size_t>(place_of(fresh.handle, i)) - 1);
  return &statements_.emplace(sql, std::move(fresh)).first->second;
}

Result<> Connection::bind(const Prepared& prepared, const std::vector<Value>& parameters) {
  if (prepared.places.size() != parameters.size()) {
    return fail(ErrorKind::invalid, "a statement with {} parameters was given {}",
                prepared.places.size(), parameters.size());
  }
  int index = 0;
  for (const auto place : prepared.places) {
    if (place >= parameters.size())
      return fail(ErrorKind::invalid, "a statement has no parameter {}", place + 1);
    if (std::visit(Binder{prepared.handle, ++index}, parameters[place]) != SQLITE_OK)
      return fail(error("binding a parameter"));
  }
  return {};
}

Result<> Connection::each(const Statement& statement, const TakeRow& take) {
  if (auto good = check(statement); !good) return good;
  if (auto time = check_patience(); !time) return time;
  const Timed timed{*this, statement.sql};
  auto prepared = prepare(statement.sql);
  if (!prepared) return fail(std::move(prepared).error());
  auto* const handle = (*prepared)->handle;
  if (auto bound = bind(**prepared, statement.parameters); !bound) return bound;
  const Finished finished{handle};
  int code = sqlite3_step(handle);
  for (; code == SQLITE_ROW; code = sqlite3_step(handle)) {
    std::vector<Value> values;
    const int columns = sqlite3_column_count(handle);
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) values.push_back(value_of(handle, column));
    take(Row{std::move(values)});
  }
  Result<> done;
  if (code != SQLITE_DONE) done = fail(error("running a statement"));
  return done;
}

Result<Rows> Connection::run_all(std::span<const Statement> statements) {
  Rows rows;
  auto done = transact([&](storage::Connection& inside) -> Result<> {
    for (const auto& statement : statements) {
      auto answer = inside.run(statement);
      if (!answer) return fail(std::move(answer).error());
      rows = std::move(*answer);
    }
    return {};
  });
  if (!done) return fail(std::move(done).error());
  return rows;
}

Result<> Connection::script(std::string_view sql) {
  if (auto time = check_patience(); !time) return time;
  const std::string text{sql};
  if (sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(error("running a script"));
  return {};
}

Result<> Connection::begin() {
  int moved = 0;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return script("BEGIN IMMEDIATE");
  Error gone{ErrorKind::unavailable, path_ + " is no longer where it was opened"};
  return fail(std::move(gone).remedy(
      "move it back; or go on with what is there now: orrery restart --runtime"));
}

// A transaction that cannot be taken back would swallow what comes after it.
void Connection::roll_back() {
  storage::Connection::roll_back();
  usable_ = sqlite3_get_autocommit(handle_) != 0;
}

}  // namespace orrery::storage::sqlite
