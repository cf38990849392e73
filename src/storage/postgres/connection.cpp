#include "storage/postgres/connection.h"

#include <algorithm>
#include <system_error>

#include <poll.h>

#include "async/thread.h"
#include "storage/postgres/failure.h"
#include "storage/postgres/values.h"

namespace orrery::storage::postgres {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_prepared = 256;
constexpr const char* unnamed = "-";  // prepared anew each time
constexpr Duration grace = 2s;        // for the answer to a cancellation
constexpr Duration unbound = 5s;      // for what has nobody's patience, such as a roll-back

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

// ---- statements

Result<> Connection::each(const Statement& statement, const TakeRow& take) {
  return exchange({&statement, 1}, take);
}

Result<Rows> Connection::run_all(std::span<const Statement> statements) {
  Rows rows;
  auto pause = 1ms;
  while (true) {
    rows.clear();
    auto done = exchange(statements, [&rows](Row&& row) { rows.push_back(std::move(row)); });
    if (done) return rows;
    if (!collided_ || pause > 200ms || out_of_patience()) return fail(std::move(done).error());
    ::poll(nullptr, 0, static_cast<int>(pause.count()));
    pause *= 2;
  }
}

Result<> Connection::exchange(std::span<const Statement> statements, const TakeRow& take_last) {
  collided_ = false;
  cancelled_ = false;
  sent_.clear();
  if (statements.empty()) return {};
  if (auto time = check_patience(); !time) return time;  // that ends what was retired for it, too
  if (!usable_) return fail(lost());
  const Timed timed{*this, statements.front().sql};
  for (const auto& statement : statements) {
    if (auto good = check(statement); !good) return good;
  }
  pq_.enter_pipeline(handle_);
  if (auto sent = send_all(statements); !sent) return sent;
  auto done = receive_or_retire(take_last);
  if (usable_ && pq_.exit_pipeline(handle_) == 0) usable_ = false;
  retire_if_cancelled();
  return done;
}

Result<> Connection::send_all(std::span<const Statement> statements) {
  give_up_ = patience() == nullptr ? now() + unbound : TimePoint::max();
  for (const auto& statement : statements) {
    if (auto sent = send(statement); !sent) return sent;
  }
  if (pq_.pipeline_sync(handle_) == 0) return fail(lost());
  return flush();
}

Result<> Connection::send(const Statement& statement) {
  const auto known = prepared_.find(statement.sql);
  std::string name = known == prepared_.end() ? std::string{} : known->second;
  auto& sent = sent_.emplace_back(&statement.sql, std::string{});
  if (known == prepared_.end()) {
    const auto twin = std::ranges::find_if(sent_, [&](const Sent& other) {
      return !other.preparing.empty() && other.preparing != unnamed && *other.sql == statement.sql;
    });
    if (twin != sent_.end()) {
      name = twin->preparing;
    } else {
      if (prepared_.size() < most_prepared) name = fmt::format("s{}", ++names_);
      sent.preparing = name.empty() ? unnamed : name;
      if (pq_.send_prepare(handle_, name.c_str(), statement.sql.c_str(), 0, nullptr) == 0)
        return fail(lost());
    }
  }
  const Parameters p{statement.parameters};
  const int good = pq_.send_prepared(handle_, name.c_str(), static_cast<int>(p.values.size()),
                                     p.values.data(), p.lengths.data(), p.formats.data(), 0);
  return good == 1 ? Result<>{} : Result<>{fail(lost())};
}

// Answers that nobody took would be taken for those of the next statement.
Result<> Connection::receive_or_retire(const TakeRow& take_last) {
  try {
    return receive_all(take_last);
  } catch (...) {
    usable_ = false;
    throw;
  }
}

// The first failure counts; what follows it in the pipeline was not even tried.
Result<> Connection::receive_all(const TakeRow& take_last) {
  Result<> outcome;
  const auto note = [&](Result<> part) {
    if (outcome && !part) outcome = std::move(part);
  };
  for (std::size_t i = 0; i < sent_.size() && usable_; ++i) {
    if (!sent_[i].preparing.empty()) {
      auto prepared = receive(nullptr);
      if (prepared && outcome && sent_[i].preparing != unnamed)
        prepared_.emplace(*sent_[i].sql, sent_[i].preparing);
      note(std::move(prepared));
    }
    if (usable_) note(receive(i + 1 == sent_.size() ? &take_last : nullptr));
  }
  if (!usable_) return outcome ? Result<>{fail(lost())} : outcome;
  note(receive_sync());
  return outcome;
}

// The pipeline is committed at its end: that may collide, too.
Result<> Connection::receive_sync() {
  constexpr int most = 4;  // a failure, the end of it, and the sync itself
  Result<> outcome;
  for (int i = 0; i < most && usable_; ++i) {
    auto answer = next_answer();
    if (!answer) return fail(std::move(answer).error());
    if (!*answer) continue;
    const auto status = pq_.result_status(answer->get());
    if (status == PGRES_PIPELINE_SYNC) return outcome;
    outcome = fail(status == PGRES_FATAL_ERROR ? failure(answer->get()) : lost());
  }
  return outcome ? Result<>{fail(lost())} : outcome;
}

// The answer to one message, and the empty one that ends it.
Result<> Connection::receive(const TakeRow* take) {
  auto answer = next_answer();
  if (!answer) return fail(std::move(answer).error());
  if (!*answer) return fail(lost());
  const auto status = pq_.result_status(answer->get());
  Result<> outcome;
  if (status == PGRES_TUPLES_OK) {
    if (take != nullptr) hand_over(answer->get(), *take);
  } else if (status == PGRES_PIPELINE_ABORTED) {
    outcome = fail(ErrorKind::internal, "a statement before this one failed");
  } else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    outcome = fail(failure(answer->get()));
  }
  if (!usable_) return outcome;
  auto end = next_answer();
  if (!end) return fail(std::move(end).error());
  return outcome;
}

void Connection::hand_over(const PGresult* result, const TakeRow& take) {
  const int rows = pq_.rows(result);
  const int columns = pq_.columns(result);
  for (int row = 0; row < rows; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      if (pq_.is_null(result, row, column) == 1) {
        values.emplace_back();
        continue;
      }
      const std::string_view text{pq_.value(result, row, column),
                                  static_cast<std::size_t>(pq_.length(result, row, column))};
      values.push_back(value_of(pq_.column_type(result, column), text));
    }
    take(Row{std::move(values)});
  }
}

Result<> Connection::script(std::string_view sql) {
  collided_ = false;
  cancelled_ = false;
  give_up_ = patience() == nullptr ? now() + unbound : TimePoint::max();
  if (auto time = check_patience(); !time) return time;
  if (!usable_) return fail(lost());
  if (pq_.send_query(handle_, std::string{sql}.c_str()) == 0) return fail(lost());
  if (auto sent = flush(); !sent) return sent;
  Result<> outcome;
  while (usable_) {
    auto answer = next_answer();
    if (!answer) return fail(std::move(answer).error());
    if (!*answer) break;
    last_tag_ = pq_.command_tag(answer->get());
    if (outcome && pq_.result_status(answer->get()) == PGRES_FATAL_ERROR)
      outcome = fail(failure(answer->get()));
  }
  retire_if_cancelled();
  return outcome;
}

// A failed transaction answers to COMMIT with a roll-back, and calls that success.
Result<> Connection::commit() {
  auto done = script("COMMIT");
  if (done && last_tag_ == "ROLLBACK")
    return fail(ErrorKind::conflict, "a statement of the transaction had failed: nothing is kept");
  return done;
}

// A transaction that cannot be taken back would swallow what comes after it.
void Connection::roll_back() {
  const Unbound nobody{*this};
  const bool collided = collided_;
  if (!script("ROLLBACK")) usable_ = false;
  collided_ = collided;
}

// ---- waiting

Result<> Connection::flush() {
  while (true) {
    const int left = pq_.flush(handle_);
    if (left == 0) return {};
    if (left < 0) return fail(lost());
    if (auto waited = wait(POLLIN | POLLOUT); !waited) return waited;
    if (pq_.consume(handle_) == 0) return fail(lost());
  }
}

Result<Connection::Answer> Connection::next_answer() {
  while (pq_.is_busy(handle_) == 1) {
    if (auto waited = wait(POLLIN); !waited) return fail(std::move(waited).error());
    if (pq_.consume(handle_) == 0) return fail(lost());
  }
  return Answer{pq_.get_result(handle_), Freed{&pq_}};
}

Result<> Connection::wait(short events) {
  while (true) {
    if (!cancelled_ && out_of_patience()) cancel();
    if (now() >= give_up_) {
      usable_ = false;
      const bool stopped = patience() != nullptr && patience()->token.requested();
      return fail(unsure(
          {stopped ? ErrorKind::cancelled : ErrorKind::timeout,
           address_.shown() +
               " did not answer to a cancellation; what it was asked may or may not be kept"}));
    }
    pollfd socket{.fd = pq_.socket(handle_), .events = events, .revents = 0};
    if (::poll(&socket, 1, static_cast<int>(look_up.count())) > 0) return {};
  }
}

// It may come too late: then the answer is what it would have been.
//
// PQcancel waits for the server without bound, so it has a thread of its own, which holds all that
// it uses and is waited for by nobody. There is one at most for each connection, which is retired.
void Connection::cancel() {
  cancelled_ = true;
  give_up_ = now() + grace;
  auto* request = pq_.get_cancel(handle_);
  if (request == nullptr) return;
  const auto send = [&pq = pq_, request](const std::stop_token&) {
    char reason[256];
    pq.cancel(request, reason, sizeof reason);
    pq.free_cancel(request);
  };
  try {
    async::named_thread("db cancel", send).detach();
  } catch (const std::system_error&) {
    pq_.free_cancel(request);  // no thread is to be had: the grace ends the wait
  }
}

void Connection::retire_if_cancelled() { usable_ = usable_ && !cancelled_; }

// A server that ended the connection has said so, where nothing was asked.
bool Connection::usable() {
  if (!usable_) return false;
  pollfd socket{.fd = pq_.socket(handle_), .events = POLLIN | POLLRDHUP, .revents = 0};
  if (::poll(&socket, 1, 0) <= 0) return true;
  const bool gone = (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  usable_ = !gone && pq_.consume(handle_) == 1;
  return usable_;
}

// ---- failures

Error Connection::failure(const PGresult* result) {
  const auto field = [&](int code) {
    const char* text = pq_.error_field(result, code);
    return std::string{text == nullptr ? "" : text};
  };
  const auto state = field(PG_DIAG_SQLSTATE);
  if (ends_connection(state)) {
    usable_ = false;
    return lost();
  }
  collided_ = is_collision(state);
  const auto text = fmt::format("{}: {}", address_.shown(), field(PG_DIAG_MESSAGE_PRIMARY));
  if (state == "57014" && !out_of_patience()) {
    return Error{ErrorKind::timeout, text}.remedy(
        "nobody here called it off: see the statement_timeout of the user and of the database");
  }
  if (state == "57014")
    return {patience()->token.requested() ? ErrorKind::cancelled : ErrorKind::timeout, text};
  return Error{kind_of(state), text}.remedy(remedy_of(state, address_));
}

Error Connection::lost() {
  usable_ = false;
  Error gone{
      ErrorKind::unavailable,
      address_.shown() + " ended the connection; what it was asked last may or may not be kept"};
  return unsure(std::move(gone).remedy(remedy_of("57P01", address_)));
}

Error Connection::unsure(Error error) {
  if (process_) unanswered_.add(*std::exchange(process_, std::nullopt));
  return std::move(error).unsure();
}

}  // namespace orrery::storage::postgres
