// orrery-hammer URL FIRST COUNT SEED: random transactions on a database, until it is killed.
//
// Operation N writes between one and five rows and counts itself, in one transaction. "begin N" is
// printed before, "kept N" once the database has acknowledged it, "lost N REASON" when it has not.
//
// orrery-hammer URL check: prints what is in the database: for each operation how many rows of how
// many there should be, and the counter.
#include <cstdio>
#include <cstdlib>
#include <random>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/scope.h"
#include "storage/database.h"

namespace {

using namespace orrery;
using namespace orrery::storage;
using namespace std::chrono_literals;

Patience patience() { return {std::chrono::steady_clock::now() + 5s, {}}; }

std::vector<Statement> operation(int number, int rows) {
  std::vector<Statement> statements{
      {"INSERT INTO statistics VALUES ('counter', 1) ON CONFLICT (name) DO UPDATE SET value = "
       "statistics.value + 1",
       {}}};
  for (int i = 0; i < rows; ++i) {
    statements.push_back({"INSERT INTO user_settings VALUES ($1, $2, $3)",
                          {fmt::to_string(number), fmt::to_string(i), fmt::to_string(rows)}});
  }
  return statements;
}

// The same as steps with a question in between.
Result<int> in_steps(Connection& connection, const std::vector<Statement>& statements) {
  for (const auto& statement : statements) {
    auto asked = connection.run({"SELECT count(*) FROM statistics", {}});
    auto done = asked ? connection.run(statement) : std::move(asked);
    if (!done) return fail(std::move(done).error());
  }
  return 1;
}

// Everything lives in main.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<void> hammer(Database& database, int first, int count, unsigned seed) {
  std::mt19937 random{seed};
  for (int number = first; number < first + count; ++number) {
    const auto statements = operation(number, 1 + static_cast<int>(random() % 5));
    std::printf("begin %d\n", number);
    std::optional<Error> lost;
    if (random() % 2 == 0) {
      auto writing = database.write(statements, patience());
      if (auto done = co_await std::move(writing); !done) lost = done.error();
    } else {
      const Database::Work<int> work = [statements](Connection& c) {
        return in_steps(c, statements);
      };
      auto writing = database.transact<int>(work, patience());
      if (auto done = co_await std::move(writing); !done) lost = done.error();
    }
    if (lost) {
      std::printf("lost %d %s\n", number, lost->text().c_str());
      asio::steady_timer pause{co_await asio::this_coro::executor, 20ms};
      co_await pause.async_wait(asio::use_awaitable);
    } else {
      std::printf("kept %d\n", number);
    }
  }
}

asio::awaitable<void> check(Database& database) {
  auto reading = database.read(
      {"SELECT person, count(*), max(value) FROM user_settings GROUP BY person", {}}, patience());
  const auto rows = co_await std::move(reading);
  if (!rows) std::printf("error %s\n", rows.error().text().c_str());
  for (const auto& row : rows ? *rows : Rows{})
    std::printf("operation %s %ld %s\n", row.text(0).c_str(), row.integer(1), row.text(2).c_str());
  auto counting =
      database.read({"SELECT value FROM statistics WHERE name = 'counter'", {}}, patience());
  const auto counter = co_await std::move(counting);
  std::printf("counter %ld\n", counter && !counter->empty() ? counter->front().integer(0) : 0);
}

asio::awaitable<void> run(Database& database, std::vector<std::string> arguments) {
  auto opening = database.open({std::chrono::steady_clock::now() + 30s, {}});
  const auto opened = co_await std::move(opening);
  if (!opened) {
    std::printf("not opened %s\n", opened.error().text().c_str());
    std::exit(1);
  }
  auto work = arguments[1] == "check"
                  ? check(database)
                  : hammer(database, std::stoi(arguments[1]), std::stoi(arguments[2]),
                           static_cast<unsigned>(std::stoul(arguments[3])));
  co_await std::move(work);
  auto closing = database.close();
  [[maybe_unused]] const auto closed = co_await std::move(closing);
  std::printf("end\n");
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a line is out before the next thing happens
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto backend = make_backend({.url = arguments[0], .data_folder = "."});
  if (!backend) return 2;
  Journal journal;
  DatabaseNumbers numbers;
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"hammer", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  Database database{std::move(*backend), {}, journal, numbers};
  scope.spawn("run", run(database, arguments));
  io.run();
  return 0;
}
