#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/database_component.h"
#include "storage/sqlite/sqlite_database.h"

namespace orrery::storage {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using sqlite::Access;
using sqlite::Connection;
using sqlite::SqliteDatabase;

class Storage : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-storage-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    path = folder + "/test.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<Connection> connect() {
    auto connection = Connection::open(path, Access::read_write, 100ms);
    EXPECT_TRUE(connection) << connection.error().text();
    return std::move(*connection);
  }
  Patience patience() const { return {std::chrono::steady_clock::now() + 10s, {}}; }

  template <class T>
  Result<T> wait(Task<T> task) {
    asio::io_context io;
    async::SteadyClock clock{io.get_executor()};
    async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
    std::optional<Result<T>> result;
    scope.spawn("task", keep<T>(std::move(task), result));
    io.run();
    return std::move(*result);
  }

  std::string folder;
  std::string path;

 private:
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& result) {
    result = co_await std::move(task);
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
};

TEST_F(Storage, A_new_file_gets_every_migration_and_a_second_open_none) {
  {
    SqliteDatabase database{path, 100ms};
    const auto migrated = wait(database.open(patience()));
    ASSERT_TRUE(migrated) << migrated.error().text();
    EXPECT_EQ(migrated->from, 0);
    EXPECT_EQ(migrated->to, std::ssize(migrations()));
  }
  SqliteDatabase database{path, 100ms};
  const auto migrated = wait(database.open(patience()));
  ASSERT_TRUE(migrated);
  EXPECT_EQ(migrated->from, migrated->to);
}

TEST_F(Storage, A_transaction_is_all_or_none) {
  SqliteDatabase database{path, 100ms};
  ASSERT_TRUE(wait(database.open(patience())));
  const Statement good{"INSERT INTO prefixes VALUES (?, ?)", {std::string{"g"}, std::string{"!"}}};
  const auto written = wait(database.write({good, good}, patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::conflict);
  const auto rows = wait(database.read({"SELECT count(*) FROM prefixes", {}}, patience()));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().integer(0), 0);
}

TEST_F(Storage, Sixty_four_bit_ids_and_sql_in_a_text_survive) {
  SqliteDatabase database{path, 100ms};
  ASSERT_TRUE(wait(database.open(patience())));
  const std::string nasty = "'); DROP TABLE prefixes; --";
  ASSERT_TRUE(wait(database.write(
      {{"INSERT INTO prefixes VALUES (?, ?)", {nasty, std::string{"!"}}},
       {"INSERT INTO statistics VALUES ('id', ?)", {std::int64_t{881231231231231231}}}},
      patience())));
  const auto rows =
      wait(database.read({"SELECT guild, value FROM prefixes, statistics", {}}, patience()));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().text(0), nasty);
  EXPECT_EQ(rows->front().integer(1), 881231231231231231);
}

TEST_F(Storage, A_database_newer_than_the_program_is_refused_with_a_remedy) {
  {
    SqliteDatabase database{path, 100ms};
    ASSERT_TRUE(wait(database.open(patience())));
  }
  ASSERT_TRUE(connect()->run_script("INSERT INTO schema_migrations VALUES (999, 'future', 1)"));
  SqliteDatabase database{path, 100ms};
  const auto opened = wait(database.open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("newer than the program"));
  EXPECT_FALSE(opened.error().remedy().empty());
}

TEST_F(Storage, An_edited_migration_is_refused) {
  {
    SqliteDatabase database{path, 100ms};
    ASSERT_TRUE(wait(database.open(patience())));
  }
  ASSERT_TRUE(
      connect()->run_script("UPDATE schema_migrations SET fingerprint = 1 WHERE number = 1"));
  SqliteDatabase database{path, 100ms};
  const auto opened = wait(database.open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("is not the one that ran"));
}

TEST_F(Storage, A_failing_migration_leaves_what_was_before) {
  auto connection = connect();
  const Migration list[] = {{1, "one", "CREATE TABLE a (x)"},
                            {2, "two", "CREATE TABLE b (x); nonsense"}};
  const auto migrated = sqlite::migrate(*connection, list);
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().text(), HasSubstr("migration 2 (two)"));
  EXPECT_EQ(sqlite::plan(*connection, list)->from, 1);
  EXPECT_TRUE(connection->run({"SELECT * FROM a", {}}));
  EXPECT_FALSE(connection->run({"SELECT * FROM b", {}}));
}

TEST_F(Storage, What_is_no_database_is_called_corrupt_and_left_alone) {
  std::ofstream{path} << std::string(5000, 'x');
  SqliteDatabase database{path, 100ms};
  const auto opened = wait(database.open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::corrupt);
  EXPECT_EQ(std::filesystem::file_size(path), 5000U);
}

TEST_F(Storage, A_missing_folder_is_named) {
  const auto opened = Connection::open(folder + "/no/such/x.db", Access::read_write, 1ms);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("/no/such does not exist"));
  EXPECT_FALSE(opened.error().remedy().empty());
}

TEST_F(Storage, A_wait_for_a_lock_hears_its_stop_token) {
  auto holder = connect();
  ASSERT_TRUE(holder->run_script("BEGIN EXCLUSIVE"));
  SqliteDatabase database{path, 60s};
  async::StopSource source;
  source.request_stop(async::StopReason::shutdown);
  const auto opened = wait(database.open({std::chrono::steady_clock::now() + 60s, source.token()}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::cancelled);
}

TEST_F(Storage, A_statement_is_cancelled_at_its_deadline) {
  SqliteDatabase database{path, 100ms};
  ASSERT_TRUE(wait(database.open(patience())));
  const Statement endless{
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n", {}};
  const auto rows = wait(database.read(endless, {std::chrono::steady_clock::now() + 20ms, {}}));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::timeout);
}

TEST_F(Storage, Memory_works_like_a_file) {
  SqliteDatabase database{":memory:", 100ms};
  ASSERT_TRUE(wait(database.open(patience())));
  ASSERT_TRUE(wait(database.write({{"INSERT INTO prefixes VALUES ('g', '?')", {}}}, patience())));
  const auto rows = wait(database.read({"SELECT prefix FROM prefixes", {}}, patience()));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->front().text(0), "?");
}

TEST(SqlitePath, Relative_files_are_in_the_data_folder) {
  EXPECT_EQ(sqlite_path("sqlite:x.db", "/data"), "/data/x.db");
  EXPECT_EQ(sqlite_path("sqlite:///srv/x.db", "/data"), "/srv/x.db");
  EXPECT_EQ(sqlite_path("sqlite:/srv/x.db", "/data"), "/srv/x.db");
}

}  // namespace
}  // namespace orrery::storage
