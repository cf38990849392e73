#include "storage/connection.h"

#include <thread>

#include "core/text.h"

namespace orrery::storage {
namespace {

constexpr int most_attempts = 8;
constexpr Duration a_moment = std::chrono::milliseconds{1};

}  // namespace

Result<Rows> Connection::run(const Statement& statement) {
  Rows rows;
  auto done = each(statement, [&rows](Row&& row) { rows.push_back(std::move(row)); });
  if (!done) return fail(std::move(done).error());
  return rows;
}

Result<> Connection::check_patience() const {
  if (!out_of_patience()) return {};
  if (patience_->token.requested())
    return fail(ErrorKind::cancelled, "it was called off before it began");
  return fail(ErrorKind::timeout, "its time was up before it began");
}

Result<> Connection::commit() { return script("COMMIT"); }

void Connection::roll_back() {
  const Unbound unbound{*this};
  [[maybe_unused]] const auto done = script("ROLLBACK");
}

Result<> Connection::ping() {
  return each({"SELECT 1", {}}, [](Row&&) {});
}

Result<> Connection::check(const Statement& statement) {
  for (std::size_t i = 0; i < statement.parameters.size(); ++i) {
    const auto* text = std::get_if<std::string>(&statement.parameters[i]);
    if (text == nullptr) continue;
    if (text->find('\0') != std::string::npos || !is_utf8(*text))
      return fail(ErrorKind::invalid, "parameter {} is not valid UTF-8 text", i + 1);
  }
  return {};
}

void Connection::note_time(const std::string& sql, Duration took) {
  if (took < a_moment || took <= slowest_took_) return;
  slowest_ = sql;
  slowest_took_ = took;
}

// Within a transaction that is open.
Result<> Connection::run_within(const std::function<Result<>(Connection&)>& work) {
  try {
    return work(*this);
  } catch (...) {
    if (usable()) roll_back();
    throw;
  }
}

Connection::Attempt Connection::attempt(const std::function<Result<>(Connection&)>& work) {
  auto outcome = begin();
  if (!outcome) return {std::move(outcome), collided()};
  outcome = run_within(work);
  if (outcome) outcome = commit();
  const bool again = !outcome && collided();  // asked first: the roll-back is a statement, too
  if (!outcome && usable()) roll_back();
  return {std::move(outcome), again};
}

Result<> Connection::transact(const std::function<Result<>(Connection&)>& work) {
  auto pause = std::chrono::milliseconds{1};
  for (int i = 1;; ++i, pause *= 2) {
    auto tried = attempt(work);
    if (!tried.collided || i == most_attempts || out_of_patience()) return std::move(tried.outcome);
    std::this_thread::sleep_for(pause);
  }
}

// What was read is good however the transaction ends.
Result<> Connection::look(const std::function<Result<>(Connection&)>& work) {
  if (auto begun = begin_look(); !begun) return begun;
  auto seen = run_within(work);
  const bool ended = seen && commit();
  if (!ended && usable()) roll_back();
  return seen;
}

}  // namespace orrery::storage
