// orrery-bench-storage ROUNDS FOLDER [POSTGRES-URL]: the database layer beside the raw client
// libraries doing the same work, one after the other in each round.
//
// Over 400 lines, because each work stands beside the same work by the raw library.
//
// The work: rows read by their key and rows inserted, alone and in transactions of 32.
#include <algorithm>
#include <cstdio>
#include <map>

#include <boost/asio/io_context.hpp>
#include <sqlite3.h>

#include "async/scope.h"
#include "async/workers.h"
#include "storage/database.h"
#include "storage/postgres/libpq.h"

namespace {

using namespace orrery;
using namespace orrery::storage;
using Clock = std::chrono::steady_clock;

constexpr int rows = 10'000;
constexpr int batch = 32;
const std::string select_sql = "SELECT value FROM statistics WHERE name = $1";
const std::string insert_sql = "INSERT INTO user_settings VALUES ($1, $2, $3)";

Patience patience() { return {Clock::now() + std::chrono::seconds{60}, {}}; }

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "orrery-bench-storage: %s\n", why.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().text());
  return std::move(*result);
}
void must(const Result<>& result) {
  if (!result) give_up(result.error().text());
}

// Statements a second of `count` statements done by `work`.
template <class F>
double rate(int count, F work) {
  const auto begun = Clock::now();
  work();
  return count / std::chrono::duration<double>(Clock::now() - begun).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

const std::string& key(int i) {
  static const auto keys = [] {
    std::vector<std::string> made;
    for (int k = 0; k < rows; ++k) made.push_back(fmt::format("key{:06}", k));
    return made;
  }();
  return keys[static_cast<std::size_t>(i % rows)];
}

// ---- raw SQLite

class RawSqlite {
 public:
  explicit RawSqlite(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) !=
        0)
      give_up("raw sqlite cannot open " + path);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    sqlite3_prepare_v2(db_, select_sql.c_str(), -1, &select_, nullptr);
    sqlite3_prepare_v2(db_, insert_sql.c_str(), -1, &insert_, nullptr);
  }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;
  ~RawSqlite() {
    sqlite3_finalize(select_);
    sqlite3_finalize(insert_);
    sqlite3_close(db_);
  }
  void run(const char* sql) { sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }
  std::int64_t read(const std::string& name) {
    sqlite3_bind_text(select_, 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
    std::int64_t value = 0;
    while (sqlite3_step(select_) == SQLITE_ROW) value = sqlite3_column_int64(select_, 0);
    sqlite3_reset(select_);
    return value;
  }
  void write(const std::string& a, const std::string& b) {
    sqlite3_bind_text(insert_, 1, a.data(), static_cast<int>(a.size()), SQLITE_TRANSIENT);
    sqlite3_bind_text(insert_, 2, b.data(), static_cast<int>(b.size()), SQLITE_TRANSIENT);
    sqlite3_bind_text(insert_, 3, "x", 1, SQLITE_TRANSIENT);
    sqlite3_step(insert_);
    sqlite3_reset(insert_);
  }

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

// ---- raw libpq: as its documentation shows, synchronous for one, a pipeline for many

class RawPostgres {
 public:
  explicit RawPostgres(const std::string& url) : pq_{*must(libpq_of())} {
    const char* const keywords[] = {"dbname", nullptr};
    const char* const values[] = {url.c_str(), nullptr};
    connection_ = pq_.connect_start(keywords, values, 1);
    while (pq_.connect_poll(connection_) != PGRES_POLLING_OK) {
      if (pq_.status(connection_) == CONNECTION_BAD) give_up(pq_.error_message(connection_));
    }
    query("SET default_transaction_isolation = 'serializable'");
    pq_.send_prepare(connection_, "read", select_sql.c_str(), 0, nullptr);
    drain();
    pq_.send_prepare(connection_, "write", insert_sql.c_str(), 0, nullptr);
    drain();
  }
  RawPostgres(const RawPostgres&) = delete;
  RawPostgres& operator=(const RawPostgres&) = delete;
  ~RawPostgres() { pq_.finish(connection_); }

  std::int64_t read(const std::string& name) {
    send_read(name);
    return drain();
  }
  void write(const std::string& a, const std::string& b) {
    send_write(a, b);
    drain();
  }
  template <class F>
  void pipeline(int count, F send) {
    pq_.enter_pipeline(connection_);
    for (int i = 0; i < count; ++i) send(i);
    pq_.pipeline_sync(connection_);
    for (int i = 0; i < count; ++i) drain();
    pq_.clear(pq_.get_result(connection_));  // the sync
    pq_.exit_pipeline(connection_);
  }
  void send_read(const std::string& name) {
    const char* const values[] = {name.c_str()};
    pq_.send_prepared(connection_, "read", 1, values, nullptr, nullptr, 0);
  }
  void send_write(const std::string& a, const std::string& b) {
    const char* const values[] = {a.c_str(), b.c_str(), "x"};
    pq_.send_prepared(connection_, "write", 3, values, nullptr, nullptr, 0);
  }

 private:
  static Result<const postgres::Libpq*> libpq_of() { return postgres::libpq(); }
  void query(const char* sql) {
    pq_.send_query(connection_, sql);
    drain();
  }
  std::int64_t drain() {
    std::int64_t value = 0;
    while (PGresult* result = pq_.get_result(connection_)) {
      if (pq_.result_status(result) == PGRES_TUPLES_OK && pq_.rows(result) > 0)
        value = std::strtoll(pq_.value(result, 0, 0), nullptr, 10);
      pq_.clear(result);
    }
    return value;
  }
  const postgres::Libpq& pq_;
  PGconn* connection_ = nullptr;
};

// ---- ours, asynchronous

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class T>
asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}
asio::awaitable<void> read_one_by_one(Database& database, int count) {
  for (int i = 0; i < count; ++i) {
    auto reading = database.read({select_sql, {key(i * 7)}}, patience());
    must(co_await std::move(reading));
  }
}
Result<> read_some(Connection& connection, int from) {
  for (int k = from; k < from + batch; ++k) must(connection.run({select_sql, {key(k * 7)}}));
  return {};
}
asio::awaitable<void> read_in_batches(Database& database, int count) {
  for (int i = 0; i < count; i += batch) {
    const Database::Work<int> work = [i](Connection& connection) -> Result<int> {
      for (int k = i; k < i + batch; ++k) must(connection.run({select_sql, {key(k * 7)}}));
      return 1;
    };
    auto reading = database.look<int>(work, patience());
    must(co_await std::move(reading));
  }
}
asio::awaitable<void> write_in_batches(Database& database, int count, std::string mark) {
  for (int i = 0; i < count; i += batch) {
    std::vector<Statement> statements;
    statements.reserve(batch);
    for (int k = i; k < i + batch; ++k)
      statements.push_back({insert_sql, {mark, key(k), std::string{"x"}}});
    auto writing = database.write(std::move(statements), patience());
    must(co_await std::move(writing));
  }
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

void run_to_end(std::vector<asio::awaitable<void>> works) {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"bench", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  for (auto& work : works) scope.spawn("work", std::move(work));
  io.run();
}
void run_to_end(asio::awaitable<void> work) {
  std::vector<asio::awaitable<void>> works;
  works.push_back(std::move(work));
  run_to_end(std::move(works));
}

// As a bot under load: several callers, each waiting for its own.
constexpr int callers = 4;
template <class F>
void run_several(F make) {
  std::vector<asio::awaitable<void>> works;
  for (int i = 0; i < callers; ++i) works.push_back(make());
  run_to_end(std::move(works));
}

// What it costs that another thread does the work, and nothing else: there and back, in
// microseconds.
double hop(int count) {
  async::Workers workers{"hop", 1, 16};
  const auto there_and_back = [](async::Workers* other, int times) -> asio::awaitable<void> {
    for (int i = 0; i < times; ++i) {
      std::move_only_function<Result<int>()> nothing = [] { return 1; };
      auto done = other->run<int>(std::move(nothing));
      must(co_await std::move(done));
    }
  };
  return 1e6 / rate(count, [&] { run_to_end(there_and_back(&workers, count)); });
}

// ---- the comparison

class Table {
 public:
  void add(const std::string& what, double raw, double ours) {
    if (!raw_.contains(what)) order_.push_back(what);
    raw_[what].push_back(raw);
    ours_[what].push_back(ours);
  }
  void print(const std::string& name) const {
    std::printf("\n| %s, statements/s, medians | raw | ours | ratio |\n|---|---|---|---|\n",
                name.c_str());
    for (const auto& what : order_) {
      const double raw = median(raw_.at(what));
      const double ours = median(ours_.at(what));
      std::printf("| %s | %.0f | %.0f | %.2f |\n", what.c_str(), raw, ours, ours / raw);
    }
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> raw_, ours_;
};

int marks = 0;
std::string next_mark() { return fmt::format("round{}", ++marks); }

void fill(Connection& connection) {
  must(connection.script("DELETE FROM statistics; DELETE FROM user_settings"));
  for (int i = 0; i < rows; i += 500) {
    std::vector<Statement> statements;
    for (int k = i; k < i + 500; ++k)
      statements.push_back({"INSERT INTO statistics VALUES ($1, $2)", {key(k), std::int64_t{k}}});
    must(connection.run_all(statements));
  }
}

// What one statement costs more when it is asked for asynchronously, in microseconds.
double added(Database& database, Connection& connection, int count) {
  const double sync = rate(count, [&] {
    for (int i = 0; i < count; ++i) must(connection.run({select_sql, {key(i * 7)}}));
  });
  const double async = rate(count, [&] { run_to_end(read_one_by_one(database, count)); });
  return 1e6 / async - 1e6 / sync;
}

void writes_of(Connection& connection, int count, const std::string& mark) {
  for (int i = 0; i < count; i += batch) {
    std::vector<Statement> statements;
    statements.reserve(batch);
    for (int k = i; k < i + batch; ++k)
      statements.push_back({insert_sql, {mark, key(k), std::string{"x"}}});
    must(connection.run_all(statements));
  }
}

void bench_sqlite(int rounds, const std::string& folder) {
  const auto url = "sqlite:" + folder + "/bench.db";
  auto backend = must(make_backend({.url = url, .data_folder = folder}));
  Journal journal;
  DatabaseNumbers numbers;
  Database database{must(make_backend({.url = url, .data_folder = folder})), {}, journal, numbers};
  std::optional<Result<Migrated>> opened;
  run_to_end(keep(database.open(patience()), opened));
  must(std::move(*opened));
  auto connection = must(backend->connect(Access::read_write, patience()));
  fill(*connection);
  RawSqlite raw{folder + "/bench.db"};
  Table table;
  std::vector<double> extra;
  constexpr int reads = 32 * 600;
  constexpr int writes = 32 * 200;
  for (int round = 0; round < rounds; ++round) {
    const double raw_reads = rate(reads, [&] {
      for (int i = 0; i < reads; ++i) raw.read(key(i * 7));
    });
    table.add("synchronous, read by key", raw_reads, rate(reads, [&] {
                for (int i = 0; i < reads; ++i) must(connection->run({select_sql, {key(i * 7)}}));
              }));
    const double raw_batches = rate(reads, [&] {
      for (int i = 0; i < reads; i += batch) {
        raw.run("BEGIN");
        for (int k = i; k < i + batch; ++k) raw.read(key(k * 7));
        raw.run("COMMIT");
      }
    });
    table.add("synchronous, 32 reads in a transaction", raw_batches, rate(reads, [&] {
                for (int i = 0; i < reads; i += batch)
                  must(connection->look([&](Connection& inside) { return read_some(inside, i); }));
              }));
    table.add("asynchronous, 32 reads at a time, 4 callers", raw_batches, rate(reads, [&] {
                run_several([&] { return read_in_batches(database, reads / callers); });
              }));
    const auto raw_writes = [&] {
      must(connection->script("DELETE FROM user_settings"));
      const auto name = next_mark();
      return rate(writes, [&] {
        for (int i = 0; i < writes; i += batch) {
          raw.run("BEGIN IMMEDIATE");
          for (int k = i; k < i + batch; ++k) raw.write(name, key(k));
          raw.run("COMMIT");
        }
      });
    };
    table.add("synchronous, 32 inserts in a transaction", raw_writes(),
              rate(writes, [&] { writes_of(*connection, writes, next_mark()); }));
    table.add(
        "asynchronous, 32 inserts in a transaction, 4 callers", raw_writes(), rate(writes, [&] {
          run_several([&] { return write_in_batches(database, writes / callers, next_mark()); });
        }));
    extra.push_back(added(database, *connection, 4000));
  }
  table.print("SQLite");
  std::printf(
      "\nSQLite: a single asynchronous read costs %.1f us more (goal 20); a hop to another "
      "thread and back alone %.1f us\n",
      median(extra), hop(4000));
  run_to_end([](Database* d) -> asio::awaitable<void> {
    auto closing = d->close();
    must(co_await std::move(closing));
  }(&database));
}

void bench_postgres(int rounds, const std::string& url) {
  auto backend = must(make_backend({.url = url, .data_folder = "/"}));
  Journal journal;
  DatabaseNumbers numbers;
  Database database{must(make_backend({.url = url, .data_folder = "/"})), {}, journal, numbers};
  std::optional<Result<Migrated>> opened;
  run_to_end(keep(database.open(patience()), opened));
  must(std::move(*opened));
  auto connection = must(backend->connect(Access::read_write, patience()));
  fill(*connection);
  RawPostgres raw{url};
  Table table;
  std::vector<double> extra;
  constexpr int count = 32 * 100;
  for (int round = 0; round < rounds; ++round) {
    table.add("synchronous, read by key",
              rate(count,
                   [&] {
                     for (int i = 0; i < count; ++i) raw.read(key(i * 7));
                   }),
              rate(count, [&] {
                for (int i = 0; i < count; ++i) must(connection->run({select_sql, {key(i * 7)}}));
              }));
    const auto raw_writes = [&] {
      must(connection->script("DELETE FROM user_settings"));
      const auto name = next_mark();
      return rate(count, [&] {
        for (int i = 0; i < count; i += batch)
          raw.pipeline(batch, [&](int k) { raw.send_write(name, key(i + k)); });
      });
    };
    table.add("synchronous, 32 inserts in a pipeline", raw_writes(),
              rate(count, [&] { writes_of(*connection, count, next_mark()); }));
    table.add(
        "asynchronous, 32 inserts in a pipeline, 4 callers", raw_writes(), rate(count, [&] {
          run_several([&] { return write_in_batches(database, count / callers, next_mark()); });
        }));
    extra.push_back(added(database, *connection, 2000));
  }
  table.print("PostgreSQL 15");
  std::printf("\nPostgreSQL: a single asynchronous read costs %.1f us more (goal 20)\n",
              median(extra));
  run_to_end([](Database* d) -> asio::awaitable<void> {
    auto closing = d->close();
    must(co_await std::move(closing));
  }(&database));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int rounds = std::atoi(argv[1]);
  bench_sqlite(rounds, argv[2]);
  if (argc > 3) bench_postgres(rounds, argv[3]);
}
