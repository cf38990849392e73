// What every test of a database stands on: a new, empty one of each kind, and a way to wait.
//
//   class Prefixes : public test::DatabaseTest {};
//   INSTANTIATE_TEST_SUITE_P(On, Prefixes, test::every_database, test::name_of_kind);
#pragma once

#include <filesystem>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/scope.h"
#include "databases/postgres_server.h"
#include "storage/database.h"

namespace orrery::test {

using namespace std::chrono_literals;

enum class Kind { memory, sqlite, postgres };

inline const auto every_database = testing::Values(Kind::memory, Kind::sqlite, Kind::postgres);
inline const auto every_server = testing::Values(Kind::sqlite, Kind::postgres);
inline std::string name_of_kind(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::memory ? "memory" : info.param == Kind::sqlite ? "sqlite" : "postgres";
}

// Runs a task to its end on a loop of its own.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class T>
asio::awaitable<void> keep_result(Task<T> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

template <class T>
Result<T> wait_for(Task<T> task) {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Result<T>> result;
  scope.spawn("task", keep_result<T>(std::move(task), result));
  io.run();
  return std::move(*result);
}

inline storage::Patience patience(Duration most = 20s) {
  return {std::chrono::steady_clock::now() + most, {}};
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-test-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

class DatabaseTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::memory) url = "sqlite::memory:";
    if (GetParam() == Kind::sqlite) url = "sqlite:test.db";
    if (GetParam() == Kind::postgres) url = PostgresServer::shared().make_database();
  }

  std::unique_ptr<storage::Backend> backend() const {
    auto made = storage::make_backend({.url = url, .data_folder = folder.path});
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }
  std::unique_ptr<storage::Database> unopened(storage::DatabaseOptions options = {}) {
    return std::make_unique<storage::Database>(backend(), std::move(options), journal, numbers);
  }
  std::unique_ptr<storage::Database> open(storage::DatabaseOptions options = {}) {
    auto database = unopened(std::move(options));
    const auto opened = wait_for(database->open(patience()));
    EXPECT_TRUE(opened) << opened.error().text();
    return database;
  }
  std::unique_ptr<storage::Connection> connect() const {
    auto connection = backend()->connect(storage::Access::read_write, patience());
    EXPECT_TRUE(connection) << connection.error().text();
    return std::move(*connection);
  }
  static Result<storage::Rows> read(storage::Database& database, std::string sql,
                                    std::vector<storage::Value> parameters = {}) {
    return wait_for(database.read({std::move(sql), std::move(parameters)}, patience()));
  }
  static Result<storage::Rows> write(storage::Database& database, std::string sql,
                                     std::vector<storage::Value> parameters = {}) {
    return wait_for(database.write({{std::move(sql), std::move(parameters)}}, patience()));
  }

  TemporaryFolder folder;
  std::string url;
  Journal journal;
  storage::DatabaseNumbers numbers;
};

}  // namespace orrery::test
