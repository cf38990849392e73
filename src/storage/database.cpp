#include "storage/database.h"

#include "async/workers.h"

namespace orrery::storage {
namespace {

std::string shown(std::string_view sql) {
  constexpr std::size_t most = 160;
  std::string text{sql.substr(0, most)};
  std::ranges::replace(text, '\n', ' ');
  return sql.size() > most ? text + " …" : text;
}

Pool::Options lane(const Backend& backend, const DatabaseOptions& o, std::string name) {
  const bool single = backend.one_writer();
  return {.name = std::move(name),
          .size = single ? 1 : o.connections,
          .overflow = single ? 0 : o.overflow,
          .check_after = o.check_after,
          .max_age = backend.single() ? Duration::max() : o.max_age};
}

}  // namespace

Database::Database(std::unique_ptr<Backend> backend, DatabaseOptions options, Journal& journal,
                   DatabaseNumbers& numbers)
    : backend_{std::move(backend)},
      options_{std::move(options)},
      journal_{journal},
      numbers_{numbers},
      writing_{lane(*backend_, options_, "db writer"),
               [this](const Patience& patience) { return connect(Access::read_write, patience); }} {
  if (!backend_->one_writer() || backend_->single()) return;
  Pool::Options readers{.name = "db reader",
                        .size = 1,
                        .overflow = options_.connections - 1,
                        .check_after = options_.check_after,
                        .max_age = options_.max_age};
  reading_ = std::make_unique<Pool>(std::move(readers), [this](const Patience& patience) {
    return connect(Access::read_only, patience);
  });
}

Database::~Database() = default;

Result<std::unique_ptr<Connection>> Database::connect(Access access, const Patience& patience) {
  return backend_->connect(access, patience);
}

Task<Migrated> Database::open(Patience patience) {
  const Work<Migrated> work = [this, patience](Connection& connection) -> Result<Migrated> {
    if (auto sound = backend_->check(connection); !sound) return fail(std::move(sound).error());
    auto migrated = migrate(*backend_, connection, migrations(), options_.migrate, patience);
    if (!migrated) return migrated;
    auto found = backend_->describe(connection);
    if (!found) return fail(std::move(found).error());
    auto valid = validate(differences(declared_model(), *found));
    if (!valid) return fail(std::move(valid).error());
    return migrated;
  };
  return run<Migrated>(Lane::write, Of::work, "opening", work, std::move(patience));
}

Task<Rows> Database::read(Statement statement, Patience patience) {
  const auto kept = std::make_shared<const Statement>(std::move(statement));
  const Work<Rows> work = [kept](Connection& connection) { return connection.run(*kept); };
  for (int left = 2;; --left) {
    auto reading = run<Rows>(Lane::read, Of::statement, kept->sql, work, patience);
    auto rows = co_await std::move(reading);
    // The connection may have broken under it, or it lost against a transaction that writes;
    // reading once more harms nobody.
    const bool again = !rows && (rows.error().kind() == ErrorKind::unavailable ||
                                 rows.error().kind() == ErrorKind::conflict);
    if (!again || left == 0) co_return rows;
  }
}

Task<Rows> Database::write(std::vector<Statement> statements, Patience patience) {
  const auto kept = std::make_shared<const std::vector<Statement>>(std::move(statements));
  Work<Rows> work = [kept](Connection& connection) { return connection.run_all(*kept); };
  const std::string_view label = kept->empty() ? std::string_view{} : kept->front().sql;
  return run<Rows>(Lane::write, Of::statement, label, std::move(work), std::move(patience));
}

// Joining threads blocks, so a thread of its own does it.
Task<> Database::close() {
  async::Workers closer{"db closer", 1, 1};
  std::move_only_function<Result<bool>()> job = [this] {
    if (reading_) reading_->close();
    writing_.close();  // last: SQLite's writer puts the log back into the file
    return true;
  };
  auto closing = closer.run<bool>(std::move(job));
  auto closed = co_await std::move(closing);
  if (!closed) co_return fail(std::move(closed).error());
  co_return Result<>{};
}

Error Database::waited_in_vain(const Patience& patience) const {
  const auto numbers = writing_.numbers();
  const auto text =
      fmt::format("no connection to {} became free in time: {} of {} busy, {} calls wait", name(),
                  numbers.busy, numbers.connections, numbers.waiting);
  if (std::chrono::steady_clock::now() >= patience.deadline) return {ErrorKind::timeout, text};
  return Error{ErrorKind::limited, text}
      .remedy(backend_->one_writer()
                  ? "look for slow statements in the log, or for a program that holds the file"
                  : "look for slow statements in the log, or raise database.connections")
      .retry_after(std::chrono::seconds{1});
}

// Noted as the database's trouble: whoever connects has not come back yet, to say so.
Error Database::not_let_in(Lane lane) {
  auto error = Error{ErrorKind::unavailable, name() + " did not let us in in time"}.remedy(
      "see whether the server is overloaded or unreachable");
  note(lane, Of::connecting, "connecting", {}, &error);
  return error;
}

// Which failures are the database's own, rather than those of what was asked.
bool Database::is_trouble(Of of, ErrorKind kind) {
  if (kind == ErrorKind::unavailable) return true;
  if (of == Of::work) return false;  // its own words, as likely as not
  if (kind == ErrorKind::denied || kind == ErrorKind::corrupt) return true;
  return of == Of::connecting && kind == ErrorKind::not_found;
}

void Database::note(Lane lane, Of of, std::string_view label, Duration took, const Error* error) {
  ++numbers_.calls;
  numbers_.nanoseconds += static_cast<std::uint64_t>(took.count());
  if (took >= options_.slow) {
    ++numbers_.slow;
    journal_.write(Level::warn, "storage", "a statement was slow",
                   {{"statement", shown(label)}, {"took_ms", milliseconds(took)}});
  }
  if (error != nullptr) ++numbers_.failures;
  const bool trouble = error != nullptr && is_trouble(of, error->kind());
  if (error != nullptr && !trouble) return;
  trouble_.with([&](std::map<Lane, Error>& last) {
    last.erase(lane);
    if (trouble) last.emplace(lane, *error);
  });
}

std::optional<Error> Database::trouble() const {
  return trouble_.with([](const std::map<Lane, Error>& last) -> std::optional<Error> {
    if (last.empty()) return std::nullopt;
    return last.begin()->second;
  });
}

Task<> Database::probe(Patience patience) {
  const auto depth = trouble() ? Backend::Probe::room : Backend::Probe::alive;
  const Work<bool> write = [this, depth](Connection& connection) -> Result<bool> {
    auto done = backend_->probe(connection, depth);
    return done ? Result<bool>{true} : fail(std::move(done).error());
  };
  auto writing = run<bool>(Lane::write, Of::statement, "a sign of life", write, patience);
  const auto written = co_await std::move(writing);
  // Where a read had failed, only a read can show that it does no longer.
  auto reading = read({"SELECT 1", {}}, std::move(patience));
  const auto read = co_await std::move(reading);
  if (!written) co_return fail(written.error());
  if (!read) co_return fail(read.error());
  co_return Result<>{};
}

void Database::sample() {
  auto total = writing_.numbers();
  if (reading_) {
    const auto more = reading_->numbers();
    total.connections += more.connections;
    total.busy += more.busy;
    total.waiting += more.waiting;
  }
  numbers_.connections = total.connections;
  numbers_.busy = total.busy;
  numbers_.waiting = total.waiting;
}

}  // namespace orrery::storage
