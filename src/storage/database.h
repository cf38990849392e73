// The database as the rest of the program sees it: the asynchronous face, for coroutines.
//
// A call becomes a job for a pool of connections: one for everything, or, where only one may write
// (SQLite), one that writes and a few that read. The caller is resumed on its own strand. Every
// call has a deadline and a stop token; while it waits for its turn they end it at once, and once
// it runs they cancel it in the database.
//
// Whatever is written is written in a serialisable transaction; one that collides with another is
// run again, a few times. When the answer is an error, nothing was kept, unless the error is
// unsure: the connection broke, perhaps while it committed. Whoever asks next sees what became of
// that: nothing is begun before it is decided.
//
// Threads   all operations from any strand.
#pragma once

#include <atomic>
#include <map>

#include <boost/asio/this_coro.hpp>

#include "async/scope.h"
#include "async/wait.h"
#include "core/journal.h"
#include "storage/backend.h"
#include "storage/migrator.h"
#include "storage/pool.h"

namespace orrery::storage {

struct DatabaseOptions {
  std::size_t connections = 4;              // that stay
  std::size_t overflow = 4;                 // that come in a rush
  Duration wait = std::chrono::seconds{5};  // for a connection that others have, at most
  Duration check_after = std::chrono::seconds{30};
  Duration max_age = std::chrono::minutes{30};
  Duration slow = std::chrono::milliseconds{250};  // a call that takes longer is named
  MigrateOptions migrate{};
};

// What has happened since the program began; kept by whoever outlives the database.
struct DatabaseNumbers {
  std::atomic<std::uint64_t> calls = 0;
  std::atomic<std::uint64_t> failures = 0;
  std::atomic<std::uint64_t> slow = 0;
  std::atomic<std::uint64_t> nanoseconds = 0;  // spent inside the database
  // Of the pools, when somebody last looked.
  std::atomic<std::uint64_t> connections = 0;
  std::atomic<std::uint64_t> busy = 0;
  std::atomic<std::uint64_t> waiting = 0;
};

class Database {
 public:
  template <class T>
  using Work = std::function<Result<T>(Connection&)>;

  // The journal and the numbers outlive this.
  Database(std::unique_ptr<Backend> backend, DatabaseOptions options, Journal& journal,
           DatabaseNumbers& numbers);
  ~Database();

  // Connects, migrates and validates. Errors: those of Backend::connect, migrate and validate.
  Task<Migrated> open(Patience patience);

  // Runs one statement that only reads.
  // Errors, here and below: those of Connection, and limited (too much waits).
  Task<Rows> read(Statement statement, Patience patience);
  // Several steps that only read, and see the database as it is at one instant.
  template <class T>
  Task<T> look(Work<T> work, Patience patience);
  // Runs the statements in one transaction: all or none. The rows of the last.
  Task<Rows> write(std::vector<Statement> statements, Patience patience);
  // Runs `work` in one transaction; see Connection::transact for what it may do.
  template <class T>
  Task<T> transact(Work<T> work, Patience patience);

  // Finishes what waits and closes. Nothing may be called after it.
  Task<> close();

  // What keeps the database from serving just now, as the last calls found it; nothing: it serves.
  std::optional<Error> trouble() const;
  // Tries whether it serves again, and says what it found. Errors: as read.
  Task<> probe(Patience patience);
  void sample();  // brings the numbers of the pools up to date

  const std::string& name() const { return backend_->name(); }
  Dialect dialect() const { return backend_->dialect(); }
  Backend& backend() { return *backend_; }

 private:
  enum class Lane { read, write };
  // Whose failure an error may be.
  enum class Of { connecting, statement, work };
  static constexpr Duration a_while = std::chrono::milliseconds{10};
  template <class T>
  Task<T> run(Lane lane, Of of, std::string_view label, Work<T> work, Patience patience);
  // Whatever it throws is its own failure.
  template <class T>
  static Result<T> attempt(const Work<T>& work, Connection& connection);
  Pool& pool(Lane lane) { return lane == Lane::write || !reading_ ? writing_ : *reading_; }
  Result<std::unique_ptr<Connection>> connect(Access access, const Patience& patience);
  Error waited_in_vain(const Patience& patience) const;
  Error not_let_in(Lane lane);
  static bool is_trouble(Of of, ErrorKind kind);
  void note(Lane lane, Of of, std::string_view label, Duration took, const Error* error);

  const std::unique_ptr<Backend> backend_;
  const DatabaseOptions options_;
  Journal& journal_;
  DatabaseNumbers& numbers_;
  Guarded<std::map<Lane, Error>> trouble_;
  Pool writing_;
  std::unique_ptr<Pool> reading_;  // only where one connection writes
};

template <class T>
Result<T> Database::attempt(const Work<T>& work, Connection& connection) {
  try {
    return work(connection);
  } catch (...) {
    return fail(ErrorKind::internal, "it threw: {}", async::describe(std::current_exception()));
  }
}

// `label` lives as long as `work`.
template <class T>
Task<T> Database::run(Lane lane, Of of, std::string_view label, Work<T> work, Patience patience) {
  async::Oneshot<Result<T>> answer;
  const auto ticket = std::make_shared<Ticket>();
  Pool::Job job{.patience = patience,
                .ticket = ticket,
                .run =
                    [this, lane, of, answer, label, work = std::move(work)](Connection& inside) {
                      const auto begun = std::chrono::steady_clock::now();
                      const auto settled = backend_->settle(inside);
                      auto result =
                          settled ? attempt<T>(work, inside) : Result<T>{fail(settled.error())};
                      const auto took = std::chrono::steady_clock::now() - begun;
                      const auto slowest = inside.take_slowest();
                      note(lane, of, slowest.empty() ? label : std::string_view{slowest}, took,
                           result ? nullptr : &result.error());
                      answer.set(std::move(result));
                    },
                .refuse =
                    [this, lane, answer](Error error) {
                      note(lane, Of::connecting, "connecting", {}, &error);
                      answer.set(fail(std::move(error)));
                    }};
  pool(lane).submit(std::move(job));
  async::SteadyClock clock{co_await asio::this_coro::executor};
  const auto stopping = patience.token.subscribe([ticket, answer] {
    if (!ticket->call_off()) return;
    answer.set(fail(ErrorKind::cancelled, "a stop was requested before the database had time"));
  });
  const auto until = std::min(patience.deadline, clock.now() + options_.wait);
  // All on the caller's own strand, like this coroutine, whose frame is there as long as the timer.
  async::Timer timer;
  const auto give_up_connecting = [&, this] {
    if (ticket->call_off_waiting()) answer.set(fail(waited_in_vain(patience)));
    if (ticket->call_off()) answer.set(fail(not_let_in(lane)));
  };
  const auto give_up_waiting = [&, this] {
    if (ticket->call_off_waiting()) {
      answer.set(fail(waited_in_vain(patience)));
    } else if (patience.deadline != async::never) {
      timer = clock.arm(patience.deadline, give_up_connecting);
    }
  };
  timer = clock.arm(std::min(until, clock.now() + a_while), [&, this] {
    pool(lane).relieve();
    timer = clock.arm(until, give_up_waiting);
  });
  auto taking = answer.take();
  co_return co_await std::move(taking);
}

template <class T>
Task<T> Database::look(Work<T> work, Patience patience) {
  Work<T> whole = [work = std::move(work)](Connection& connection) -> Result<T> {
    Result<T> result;
    auto done = connection.look([&](Connection& inside) -> Result<> {
      result = work(inside);
      return result ? Result<>{} : fail(result.error());
    });
    if (!done) return fail(std::move(done).error());
    return result;
  };
  return run<T>(Lane::read, Of::work, "a look", std::move(whole), std::move(patience));
}

template <class T>
Task<T> Database::transact(Work<T> work, Patience patience) {
  Work<T> whole = [work = std::move(work)](Connection& connection) -> Result<T> {
    Result<T> result;
    auto done = connection.transact([&](Connection& inside) -> Result<> {
      result = work(inside);
      if (!result) return fail(result.error());
      return {};
    });
    if (!done) return fail(std::move(done).error());
    return result;
  };
  return run<T>(Lane::write, Of::work, "a transaction", std::move(whole), std::move(patience));
}

}  // namespace orrery::storage
