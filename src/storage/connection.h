// One connection to a database: the synchronous face, the same for every database.
//
// Prepared statements are kept by their text. While a Bound lives, its patience bounds every
// statement: one that exceeds it is cancelled in the database, not merely forgotten.
//
// Threads   one at a time.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/result.h"
#include "storage/statement.h"

namespace orrery::storage {

enum class Access { read_write, read_only };

class Connection {
 public:
  using TakeRow = std::function<void(Row&&)>;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  class Bound {
   public:
    Bound(Connection& connection, const Patience& patience) : connection_{connection} {
      connection_.patience_ = &patience;
    }
    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;
    ~Bound() { connection_.patience_ = nullptr; }

   private:
    Connection& connection_;
  };

  // Errors, here and below: timeout, cancelled, conflict (a constraint, or see collided), invalid
  // (the SQL or a parameter), denied, unavailable (the database is gone or full), corrupt.
  Result<Rows> run(const Statement& statement);
  // The same without keeping the rows: each is handed over as it comes.
  virtual Result<> each(const Statement& statement, const TakeRow& take) = 0;
  // All or none, in one transaction of their own. The rows of the last.
  virtual Result<Rows> run_all(std::span<const Statement> statements) = 0;
  // Several statements without parameters, as in a migration.
  virtual Result<> script(std::string_view sql) = 0;

  // A transaction of several steps: begin, then commit or roll_back.
  virtual Result<> begin() = 0;
  // Errors: and conflict (a statement before it failed, so that there is nothing to commit).
  virtual Result<> commit();
  virtual void roll_back();

  // Whatever `work` throws, here and below, leaves the transaction taken back.
  // Runs `work` in a transaction, again (a few times, a little later each) while it collides with
  // others: it must change nothing but the database, or set what it changes anew each time.
  // Errors: those of `work` and of the connection; what `work` did is taken back.
  Result<> transact(const std::function<Result<>(Connection&)>& work);

  // Runs `work`, which only reads: all of it sees the database as it is at one instant.
  // Errors: those of `work` and of the connection.
  Result<> look(const std::function<Result<>(Connection&)>& work);

  // Whether the last failure was a collision with another transaction: it was taken back whole, and
  // may go through when tried again.
  virtual bool collided() const = 0;
  // Whether it can still be used, as far as can be told without asking the database. One that
  // cannot never recovers: open another.
  virtual bool usable() = 0;
  // Asks the database for a sign of life.
  Result<> ping();
  // The statement that has taken longest since this was last asked; empty if none took a moment.
  std::string take_slowest() {
    slowest_took_ = {};
    return std::exchange(slowest_, {});
  }

 protected:
  virtual Result<> begin_look() = 0;
  const Patience* patience() const { return patience_; }
  bool out_of_patience() const { return patience_ != nullptr && patience_->over(); }
  // Nothing is begun that nobody waits for any more. Errors: cancelled, timeout.
  Result<> check_patience() const;
  // While one lives, nobody's patience counts: for what must be done after it is over.
  class Unbound {
   public:
    explicit Unbound(Connection& connection)
        : connection_{connection}, kept_{std::exchange(connection.patience_, nullptr)} {}
    Unbound(const Unbound&) = delete;
    Unbound& operator=(const Unbound&) = delete;
    ~Unbound() { connection_.patience_ = kept_; }

   private:
    Connection& connection_;
    const Patience* kept_;
  };
  // Takes the time of a statement, from its beginning to its end.
  class Timed {
   public:
    Timed(Connection& connection, const std::string& sql)
        : connection_{connection}, sql_{sql}, begun_{std::chrono::steady_clock::now()} {}
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    ~Timed() { connection_.note_time(sql_, std::chrono::steady_clock::now() - begun_); }

   private:
    Connection& connection_;
    const std::string& sql_;
    const TimePoint begun_;
  };
  // Errors: invalid, naming the parameter.
  static Result<> check(const Statement& statement);

 private:
  struct Attempt {
    Result<> outcome;
    bool collided;
  };
  void note_time(const std::string& sql, Duration took);
  Attempt attempt(const std::function<Result<>(Connection&)>& work);
  Result<> run_within(const std::function<Result<>(Connection&)>& work);

  const Patience* patience_ = nullptr;
  std::string slowest_;
  Duration slowest_took_{};
};

}  // namespace orrery::storage
