// What every database here promises, proven on each: in memory, in a file, and on a PostgreSQL.
// Long, because it is the contract: whoever makes another database reads it from the top.
#include <latch>
#include <thread>

#include "databases/database_test.h"
#include "storage/upkeep.h"

namespace orrery::storage {
namespace {

using test::DatabaseTest;
using test::patience;
using test::wait_for;
using testing::HasSubstr;
using namespace std::chrono_literals;

class Contract : public DatabaseTest {};
INSTANTIATE_TEST_SUITE_P(On, Contract, test::every_database, test::name_of_kind);
class SharedContract : public DatabaseTest {};
INSTANTIATE_TEST_SUITE_P(On, SharedContract, test::every_server, test::name_of_kind);

TEST_P(Contract, A_new_database_gets_every_migration) {
  auto database = unopened();
  const auto migrated = wait_for(database->open(patience()));
  ASSERT_TRUE(migrated) << migrated.error().text();
  EXPECT_EQ(migrated->from, 0);
  EXPECT_EQ(migrated->to, std::ssize(migrations()));
}

TEST_P(SharedContract, A_second_open_migrates_nothing) {
  open();
  auto database = unopened();
  const auto migrated = wait_for(database->open(patience()));
  ASSERT_TRUE(migrated) << migrated.error().text();
  EXPECT_EQ(migrated->from, migrated->to);
}

TEST_P(Contract, The_migrations_make_exactly_the_declared_model) {
  auto database = open();
  auto found = wait_for(database->look<Model>(
      [&](Connection& connection) { return database->backend().describe(connection); },
      patience()));
  ASSERT_TRUE(found) << found.error().text();
  for (const auto& difference : differences(declared_model(), *found))
    ADD_FAILURE() << difference.what;
}

TEST_P(SharedContract, Every_migration_can_be_taken_back_and_done_again) {
  open();
  auto kind = backend();
  auto connection = connect();
  const auto last = static_cast<int>(std::ssize(migrations()));
  for (int to = last - 1; to >= 0; --to) {
    const auto back = roll_back(*kind, *connection, migrations(), to, {}, patience());
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->from, to + 1);
  }
  const auto again = migrate(*kind, *connection, migrations(), {}, patience());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->from, 0);
}

TEST_P(Contract, Values_of_every_type_come_back_as_they_went) {
  auto database = open();
  const Blob bytes{std::byte{0}, std::byte{255}, std::byte{'\''}, std::byte{'\\'}};
  const std::string words = "naïve '); DROP TABLE prefixes; -- 你好 \\x00 $1 %s \n\t";
  ASSERT_TRUE(write(*database, "INSERT INTO plugin_values VALUES ($1, $2, $3)",
                    {words, std::string{""}, bytes}));
  ASSERT_TRUE(write(*database, "INSERT INTO statistics VALUES ($1, $2)",
                    {words, std::int64_t{-881231231231231231}}));
  auto rows = read(*database,
                   "SELECT plugin, p.name, p.value, s.value, CAST(1.5 AS DOUBLE PRECISION), NULL "
                   "FROM plugin_values p, statistics s");
  ASSERT_TRUE(rows) << rows.error().text();
  const auto& row = rows->front();
  EXPECT_EQ(row.text(0), words);
  EXPECT_EQ(row.text(1), "");
  EXPECT_EQ(row.blob(2), bytes);
  EXPECT_EQ(row.integer(3), -881231231231231231);
  EXPECT_EQ(row.real(4), 1.5);
  EXPECT_TRUE(row.is_null(5));
}

TEST_P(Contract, Nothing_is_not_the_same_as_an_empty_text_or_no_bytes) {
  auto database = open();
  ASSERT_TRUE(write(*database, "INSERT INTO plugin_values VALUES ('', '', $1)", {Blob{}}));
  const auto rows = read(*database, "SELECT plugin, value FROM plugin_values");
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->front().text(0), "");
  EXPECT_EQ(rows->front().blob(1), Blob{});
  EXPECT_FALSE(write(*database, "INSERT INTO plugin_values VALUES ('p', 'n', $1)", {Value{}}));
}

TEST_P(Contract, Parameters_go_by_number_not_by_place) {
  auto database = open();
  const auto rows = read(*database, "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT)",
                         {std::string{"one"}, std::string{"two"}});
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->front().text(0), "two");
  EXPECT_EQ(rows->front().text(1), "one");
  EXPECT_EQ(rows->front().text(2), "two");
}

TEST_P(Contract, Text_that_is_no_text_is_refused_and_named) {
  auto database = open();
  for (const auto& wrong : {std::string{"\xFF\xFE"}, std::string{"a\0b", 3}}) {
    const auto written =
        write(*database, "INSERT INTO prefixes VALUES ($1, $2)", {std::string{"g"}, wrong});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(written.error().text(), HasSubstr("parameter 2"));
  }
  EXPECT_TRUE(read(*database, "SELECT 1"));
}

TEST_P(Contract, A_transaction_is_all_or_none) {
  auto database = open();
  const Statement good{"INSERT INTO prefixes VALUES ($1, $2)",
                       {std::string{"g"}, std::string{"!"}}};
  const auto written = wait_for(database->write({good, good}, patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(read(*database, "SELECT count(*) FROM prefixes")->front().integer(0), 0);
  EXPECT_TRUE(wait_for(database->write({good}, patience()))) << "the connection serves on";
}

TEST_P(Contract, A_transaction_of_steps_that_fails_leaves_nothing) {
  auto database = open();
  const Database::Work<int> work = [](Connection& connection) -> Result<int> {
    auto written = connection.run({"INSERT INTO prefixes VALUES ('g', '!')", {}});
    if (!written) return fail(written.error());
    return fail(ErrorKind::denied, "changed my mind");
  };
  const auto done = wait_for(database->transact(work, patience()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text(), "changed my mind");
  EXPECT_EQ(read(*database, "SELECT count(*) FROM prefixes")->front().integer(0), 0);
}

TEST_P(SharedContract, A_look_of_several_steps_sees_one_instant) {
  auto database = open();
  auto other = connect();
  const Statement count{"SELECT count(*) FROM prefixes", {}};
  const Database::Work<std::int64_t> work = [&](Connection& connection) -> Result<std::int64_t> {
    const auto before = connection.run(count);
    if (!before) return fail(before.error());
    const auto written = other->run({"INSERT INTO prefixes VALUES ('g', '!')", {}});
    if (!written) return fail(written.error());
    const auto after = connection.run(count);
    if (!after) return fail(after.error());
    return after->front().integer(0) - before->front().integer(0);
  };
  const auto appeared = wait_for(database->look<std::int64_t>(work, patience()));
  ASSERT_TRUE(appeared) << appeared.error().text();
  EXPECT_EQ(*appeared, 0);
  EXPECT_EQ(wait_for(database->read(count, patience()))->front().integer(0), 1);
}

TEST_P(SharedContract, A_look_that_fails_does_not_keep_its_connection_busy) {
  auto database = open({.connections = 1, .overflow = 0});
  const Database::Work<int> work = [](Connection& connection) -> Result<int> {
    auto wrong = connection.run({"SELECT nothing FROM nowhere", {}});
    return fail(wrong.error());
  };
  EXPECT_FALSE(wait_for(database->look<int>(work, patience())));
  EXPECT_TRUE(wait_for(database->read({"SELECT 1", {}}, patience())));
  EXPECT_TRUE(
      wait_for(database->write({{"INSERT INTO prefixes VALUES ('g', '!')", {}}}, patience())));
}

TEST_P(Contract, Work_that_throws_keeps_nothing_and_holds_nothing) {
  auto database = open({.connections = 1, .overflow = 0});
  const Statement keep{"INSERT INTO prefixes VALUES ('g', '!')", {}};
  const Statement count{"SELECT count(*) FROM prefixes", {}};
  const Database::Work<int> throws = [&](Connection& connection) -> Result<int> {
    if (auto done = connection.run(keep); !done) return fail(done.error());
    throw 42;
  };
  const Database::Work<int> throws_looking = [&](Connection& connection) -> Result<int> {
    auto done = connection.each({"SELECT 1 UNION SELECT 2", {}}, [](Row&&) { throw 42; });
    return done ? Result<int>{1} : fail(done.error());
  };
  EXPECT_EQ(wait_for(database->transact(throws, patience())).error().kind(), ErrorKind::internal);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(wait_for(database->look(throws_looking, patience())).error().kind(),
              ErrorKind::internal);
  }
  EXPECT_EQ(wait_for(database->read(count, patience()))->front().integer(0), 0);
  for (int i = 0; i < 2; ++i) {
    auto written = wait_for(database->write({{"DELETE FROM prefixes", {}}, keep}, patience()));
    EXPECT_TRUE(written) << written.error().text();
  }
  EXPECT_EQ(wait_for(database->read(count, patience()))->front().integer(0), 1);
}

TEST_P(Contract, Wrong_sql_is_invalid_and_the_next_statement_works) {
  auto database = open();
  const auto wrong = read(*database, "SELEKT 1");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::invalid);
  EXPECT_FALSE(read(*database, "SELECT $1"));
  EXPECT_TRUE(read(*database, "SELECT 1"));
}

TEST_P(Contract, A_statement_is_cancelled_at_its_deadline_and_the_next_one_works) {
  auto database = open();
  const Statement endless{
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT 1 - x FROM n) SELECT max(x) FROM n", {}};
  const auto begun = std::chrono::steady_clock::now();
  const auto rows = wait_for(database->read(endless, patience(50ms)));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::timeout) << rows.error().text();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  EXPECT_TRUE(read(*database, "SELECT 1"));
}

TEST_P(Contract, A_statement_hears_its_stop_token) {
  auto database = open();
  async::StopSource source;
  std::jthread stopper{[&source] {
    std::this_thread::sleep_for(30ms);
    source.request_stop(async::StopReason::shutdown);
  }};
  const Statement endless{
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT 1 - x FROM n) SELECT max(x) FROM n", {}};
  const auto rows =
      wait_for(database->read(endless, {std::chrono::steady_clock::now() + 60s, source.token()}));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::cancelled) << rows.error().text();
}

TEST_P(SharedContract, Who_waits_for_a_connection_is_answered_at_the_deadline) {
  auto database = open({.connections = 1, .overflow = 0});
  std::atomic<bool> enough = false;
  std::latch holding{1};
  std::jthread holder{[&] {
    const Database::Work<int> work = [&](Connection&) -> Result<int> {
      holding.count_down();
      while (!enough) std::this_thread::sleep_for(1ms);
      return 1;
    };
    EXPECT_TRUE(wait_for(database->transact(work, patience())));
  }};
  holding.wait();
  const auto written =
      wait_for(database->write({{"INSERT INTO prefixes VALUES ('g', '!')", {}}}, patience(50ms)));
  enough = true;
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::timeout);
  EXPECT_THAT(written.error().text(), HasSubstr("no connection"));
  holder.join();
  EXPECT_EQ(read(*database, "SELECT count(*) FROM prefixes")->front().integer(0), 0)
      << "what was called off is not done later";
}

TEST_P(SharedContract, Increments_from_many_threads_are_all_counted) {
  auto database = open();
  ASSERT_TRUE(write(*database, "INSERT INTO statistics VALUES ('n', 0)"));
  const auto increment = [&database] {
    for (int i = 0; i < 25; ++i) {
      // Read, think, write: without serialisation some would be lost.
      const Database::Work<int> work = [](Connection& connection) -> Result<int> {
        auto rows = connection.run({"SELECT value FROM statistics WHERE name = 'n'", {}});
        if (!rows) return fail(rows.error());
        auto written = connection.run(
            {"UPDATE statistics SET value = $1 WHERE name = 'n'", {rows->front().integer(0) + 1}});
        if (!written) return fail(written.error());
        return 1;
      };
      Result<int> done = wait_for(database->transact(work, patience()));
      while (!done && done.error().kind() == ErrorKind::conflict)
        done = wait_for(database->transact(work, patience()));
      EXPECT_TRUE(done) << done.error().text();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(increment);
  }
  EXPECT_EQ(read(*database, "SELECT value FROM statistics")->front().integer(0), 100);
}

TEST_P(SharedContract, Two_programs_that_migrate_at_once_both_find_it_done) {
  std::vector<std::jthread> programs;
  for (int i = 0; i < 4; ++i) {
    programs.emplace_back([this] {
      auto database = unopened();
      const auto migrated = wait_for(database->open(patience()));
      EXPECT_TRUE(migrated) << migrated.error().text();
    });
  }
  programs.clear();
  const auto rows = connect()->run({"SELECT count(*) FROM schema_migrations", {}});
  EXPECT_EQ(rows->front().integer(0), std::ssize(migrations()));
}

TEST_P(SharedContract, A_newer_database_is_refused_with_what_to_do) {
  open();
  ASSERT_TRUE(connect()->script(fmt::format(
      "INSERT INTO schema_migrations VALUES ({}, 'future', 1)", migrations().size() + 1)));
  const auto opened = wait_for(unopened()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("newer than the program"));
  EXPECT_THAT(opened.error().remedy(), HasSubstr("rollback"));
}

TEST_P(SharedContract, An_edited_migration_is_refused) {
  open();
  ASSERT_TRUE(connect()->script("UPDATE schema_migrations SET fingerprint = 1 WHERE number = 2"));
  const auto opened = wait_for(unopened()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("migration 2 (statistics) is not the one that ran"));
}

TEST_P(SharedContract, A_history_with_a_gap_is_refused) {
  open();
  ASSERT_TRUE(connect()->script("DELETE FROM schema_migrations WHERE number = 2"));
  const auto opened = wait_for(unopened()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("lacks migration 2"));
}

TEST_P(SharedContract, A_failing_migration_leaves_what_was_before) {
  auto kind = backend();
  auto connection = connect();
  const Migration list[] = {{1, "one", "CREATE TABLE a (x @integer)", "DROP TABLE a"},
                            {2, "two", "CREATE TABLE b (x @integer); nonsense", ""}};
  const auto migrated = migrate(*kind, *connection, list, {}, patience());
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().text(), HasSubstr("migration 2 (two)"));
  EXPECT_EQ(plan(*kind, *connection, list)->from, 1);
  EXPECT_TRUE(connection->run({"SELECT * FROM a", {}}));
  EXPECT_FALSE(connection->run({"SELECT * FROM b", {}}));
}

TEST_P(SharedContract, Before_a_migration_changes_anything_a_copy_is_made) {
  auto kind = backend();
  auto connection = connect();
  const auto folder_of_copies = folder.path + "/backups";
  const MigrateOptions options{.backups = folder_of_copies, .keep = 2};
  const auto all = migrations();
  const auto first = migrate(*kind, *connection, all.first(all.size() - 1), options, patience());
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->backup, "") << "an empty database needs no copy";
  ASSERT_TRUE(connection->script("INSERT INTO prefixes VALUES ('g', '?')"));
  const auto second = migrate(*kind, *connection, all, options, patience());
  ASSERT_TRUE(second) << second.error().text();
  ASSERT_TRUE(std::filesystem::exists(second->backup)) << second->backup;
  ASSERT_TRUE(connection->script("DELETE FROM prefixes"));
  connection.reset();
  const auto restored = kind->restore(second->backup, known_to(*kind, all), patience());
  ASSERT_TRUE(restored) << restored.error().text();
  connection = connect();
  EXPECT_EQ(connection->run({"SELECT prefix FROM prefixes", {}})->front().text(0), "?");
  EXPECT_EQ(plan(*kind, *connection, all)->from, std::ssize(all) - 1);
  EXPECT_TRUE(migrate(*kind, *connection, all, options, patience()));
}

TEST_P(SharedContract, What_is_no_backup_is_not_restored) {
  open();
  ASSERT_TRUE(connect()->script("INSERT INTO prefixes VALUES ('g', '?')"));
  const auto file = folder.path + "/wrong";
  FILE* wrong = fopen(file.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("not a backup ", wrong);
  std::fclose(wrong);
  const auto kind = backend();
  const auto restored = kind->restore(file, known_to(*kind, migrations()), patience());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind(), ErrorKind::invalid) << restored.error().text();
  EXPECT_EQ(connect()->run({"SELECT count(*) FROM prefixes", {}})->front().integer(0), 1);
}

TEST_P(SharedContract, A_copy_of_a_newer_or_another_program_is_refused_and_nothing_has_changed) {
  open();
  const struct {
    const char* change;
    const char* back;
  } cases[] = {{"INSERT INTO schema_migrations VALUES (1000, 'newer', 1)",
                "DELETE FROM schema_migrations WHERE number = 1000"},
               {"UPDATE schema_migrations SET fingerprint = fingerprint + 1 WHERE number = 2",
                "UPDATE schema_migrations SET fingerprint = fingerprint - 1 WHERE number = 2"},
               {"ALTER TABLE schema_migrations RENAME TO somebody_elses",
                "ALTER TABLE somebody_elses RENAME TO schema_migrations"}};
  for (const auto& [change, back] : cases) {
    ASSERT_TRUE(connect()->script(change));
    const auto kind = backend();
    const auto copy = fmt::format("{}/copy{}", folder.path, change[0] == 'A' ? 'a' : change[0]);
    const auto made = kind->back_up(copy, patience());
    ASSERT_TRUE(made) << made.error().text();
    ASSERT_TRUE(connect()->script(back));
    ASSERT_TRUE(
        connect()->script("DELETE FROM prefixes; INSERT INTO prefixes VALUES ('now', '?')"));
    const auto restored = kind->restore(copy, known_to(*kind, migrations()), patience());
    ASSERT_FALSE(restored) << change;
    EXPECT_EQ(restored.error().kind(), ErrorKind::invalid) << restored.error().text();
    EXPECT_THAT(restored.error().text(), HasSubstr("cannot be put back: "));
    EXPECT_EQ(connect()->run({"SELECT guild FROM prefixes", {}})->front().text(0), "now");
  }
}

TEST_P(SharedContract, Looking_after_a_database_that_is_not_there_makes_none) {
  if (GetParam() != test::Kind::sqlite) return;  // a server has it, or not
  Upkeep upkeep{backend(), folder.path + "/backups", 3};
  EXPECT_EQ(upkeep.health(patience()).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(upkeep.roll_back(0, {}, patience()).error().kind(), ErrorKind::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder.path + "/test.db"));
}

TEST_P(SharedContract, What_is_strange_is_copied_before_a_copy_is_put_in_its_place) {
  open();
  Upkeep upkeep{backend(), folder.path + "/backups", 3};
  const auto copy = upkeep.back_up(std::nullopt, patience());
  ASSERT_TRUE(copy);
  ASSERT_TRUE(connect()->script("DROP TABLE schema_migrations"));
  const auto restored = upkeep.restore(*copy, patience());
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_TRUE(std::filesystem::exists(restored->before)) << restored->before;
  EXPECT_EQ(restored->version, std::ssize(migrations()));
}

TEST_P(SharedContract, The_newest_copies_stay) {
  open();
  Upkeep upkeep{backend(), folder.path + "/backups", 1};
  const auto copy = upkeep.back_up(std::nullopt, patience());
  for (int i = 0; i < 3; ++i) {
    const auto restored = upkeep.restore(*copy, patience());
    ASSERT_TRUE(restored) << restored.error().text();
    EXPECT_TRUE(std::filesystem::exists(restored->before)) << restored->before;
  }
}

TEST_P(SharedContract, Every_difference_from_the_model_is_listed) {
  open();
  auto connection = connect();
  ASSERT_TRUE(
      connection->script("DROP TABLE statistics; ALTER TABLE prefixes ADD COLUMN mine TEXT; "
                         "DROP INDEX messages_at; DROP INDEX transcript_message;"
                         "ALTER TABLE audit DROP COLUMN was"));
  const auto found = backend()->describe(*connection);
  ASSERT_TRUE(found) << found.error().text();
  std::vector<std::string> list;
  for (const auto& difference : differences(declared_model(), *found)) {
    list.push_back(difference.what);
    EXPECT_FALSE(difference.remedy.empty());
  }
  EXPECT_THAT(list, testing::ElementsAre(
                        "prefixes.mine is not declared", "the table statistics is missing",
                        "the index transcript_message of transcript is missing",
                        "audit.was is missing", "the index messages_at of messages is missing"));
  const auto opened = wait_for(unopened()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("the table statistics is missing"));
}

TEST_P(Contract, A_slow_statement_is_named_in_the_journal_also_within_a_transaction) {
  std::vector<std::string> told;
  const auto reading = journal.read([&](const Event& event) {
    for (const auto& [key, value] : event.fields) {
      if (key == "statement") told.push_back(event.fact + ": " + std::get<std::string>(value));
    }
  });
  auto database = open({.slow = 30ms});
  told.clear();
  const std::string slow =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) "
      "SELECT max(x) FROM n";
  const Database::Work<int> work = [&](Connection& connection) -> Result<int> {
    auto rows = connection.run({"SELECT 1", {}});
    if (rows) rows = connection.run({slow, {}});
    if (rows) rows = connection.run({"SELECT 2", {}});
    return rows ? Result<int>{1} : fail(rows.error());
  };
  ASSERT_TRUE(wait_for(database->transact(work, patience())));
  ASSERT_TRUE(read(*database, "SELECT 1"));
  ASSERT_TRUE(wait_for(database->close()));
  EXPECT_THAT(told, testing::Contains(HasSubstr("a statement was slow: WITH RECURSIVE")));
  EXPECT_THAT(told, testing::Not(testing::Contains(HasSubstr("a transaction"))));
  EXPECT_GE(numbers.slow, 1U);
}

TEST_P(SharedContract, An_old_connection_is_replaced_and_nobody_notices) {
  auto database = open({.connections = 1, .overflow = 0, .max_age = 0ns});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(read(*database, "SELECT 1"));
}

TEST_P(Contract, After_closing_a_call_is_refused) {
  auto database = open();
  ASSERT_TRUE(wait_for(database->close()));
  const auto rows = read(*database, "SELECT 1");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::cancelled);
}

}  // namespace
}  // namespace orrery::storage
