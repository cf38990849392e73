// One PostgreSQL connection: non-blocking libpq, waited for with poll.
//
// Statements are prepared once and sent in a pipeline: a transaction of many is one round trip, and
// without an explicit BEGIN a pipeline is one transaction, taken back whole when a part fails.
// Transactions are serialisable, as SQLite's are.
//
// A statement that nobody waits for any more is cancelled in the server, and the connection is
// retired: a cancellation that comes late must not meet the statement after it.
//
// Limits    256 prepared statements are kept; others are sent whole each time.
// Source    https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
#pragma once

#include <optional>
#include <unordered_map>

#include "storage/backend.h"
#include "storage/connection.h"
#include "storage/postgres/address.h"
#include "storage/postgres/libpq.h"
#include "storage/postgres/names.h"
#include "storage/postgres/unanswered.h"

namespace orrery::storage::postgres {

class Connection final : public storage::Connection {
 public:
  struct Way {
    const Address& address;
    const Places& places;
    Access access;
    Presence presence;
    TimePoint until;         // for being connected
    Unanswered& unanswered;  // outlives the connection
  };
  // Errors: those of connect_failure, timeout, cancelled.
  static Result<std::unique_ptr<Connection>> open(const Way& way, const Patience& patience);
  ~Connection() override;

  Result<> each(const Statement& statement, const TakeRow& take) override;
  Result<Rows> run_all(std::span<const Statement> statements) override;
  Result<> script(std::string_view sql) override;
  Result<> begin() override { return script("BEGIN"); }
  Result<> commit() override;
  bool collided() const override { return collided_; }
  void roll_back() override;
  bool usable() override;

 private:
  static constexpr std::chrono::milliseconds look_up{10};  // how often a wait hears its stop token

  // Cannot collide, unlike a serialisable one.
  Result<> begin_look() override {
    return script("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  }
  struct Freed {
    const Libpq* pq;
    void operator()(PGresult* result) const { pq->clear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Freed>;

  // The way there, step by step: connecting.cpp.
  Connection(const Libpq& pq, PGconn* handle, const Way& way);
  Result<> shake_hands(TimePoint deadline, const Patience& patience);
  Result<> check_encoding();
  Result<> settle_in(Access access);
  Result<> announce();
  Result<> learn_process();

  // A pipeline that is one transaction, unless one was begun: out, then its answers in order.
  Result<> exchange(std::span<const Statement> statements, const TakeRow& take_last);
  Result<> send_all(std::span<const Statement> statements);
  Result<> send(const Statement& statement);
  Result<> receive_or_retire(const TakeRow& take_last);
  Result<> receive_all(const TakeRow& take_last);
  Result<> receive(const TakeRow* take);
  Result<> receive_sync();
  void hand_over(const PGresult* result, const TakeRow& take);
  Result<> flush();
  Result<Answer> next_answer();
  // Waits until the socket may be read (or written). When the patience is over, the server is asked
  // to give up, and its answer to that is waited for, for a while.
  Result<> wait(short events);
  void cancel();
  void retire_if_cancelled();
  Error failure(const PGresult* result);
  Error lost();
  Error unsure(Error error);

  // What was sent and not yet answered.
  struct Sent {
    const std::string* sql;
    std::string preparing;  // the name it was given, if it had to be prepared
  };

  const Libpq& pq_;
  PGconn* handle_;
  const Address address_;
  Unanswered& unanswered_;
  std::optional<ServerProcess> process_;
  std::unordered_map<std::string, std::string> prepared_;  // by SQL: its name on the server
  std::uint64_t names_ = 0;
  std::vector<Sent> sent_;
  std::string last_tag_;  // what the last statement of a script says it did
  TimePoint give_up_{};   // the end of waiting for an answer to a cancellation
  bool cancelled_ = false;
  bool usable_ = true;
  bool collided_ = false;
};

}  // namespace orrery::storage::postgres
