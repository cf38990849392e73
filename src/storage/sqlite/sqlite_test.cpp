// What only a database in a file can suffer.
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "databases/database_test.h"
#include "storage/sqlite/backend.h"
#include "storage/sqlite/connection.h"
#include "storage/upkeep.h"

namespace orrery::storage::sqlite {
namespace {

using test::patience;
using test::wait_for;
using testing::HasSubstr;
using namespace std::chrono_literals;

class Sqlite : public testing::Test {
 protected:
  test::TemporaryFolder folder;
  std::string path = folder.path + "/test.db";
  Journal journal;
  DatabaseNumbers numbers;

  std::unique_ptr<Database> database(Duration busy_timeout = 100ms) {
    return std::make_unique<Database>(std::make_unique<Backend>(path, busy_timeout),
                                      DatabaseOptions{}, journal, numbers);
  }
  // Of the database by this name, of which there is a copy.
  Result<Upkeep::Restored> damage_and_restore(const std::string& name) {
    Upkeep upkeep{std::make_unique<Backend>(name, 100ms), folder.path + "/backups", 3};
    const auto copy = upkeep.back_up(std::nullopt, patience());
    if (!copy) return fail(copy.error());
    std::filesystem::remove(path + "-wal");
    std::ofstream{path} << std::string(5000, 'x');
    return upkeep.restore(*copy, patience());
  }
};

TEST_F(Sqlite, What_is_no_database_is_called_corrupt_and_left_alone) {
  std::ofstream{path} << std::string(5000, 'x');
  const auto opened = wait_for(database()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::corrupt);
  EXPECT_EQ(std::filesystem::file_size(path), 5000U);
}

TEST_F(Sqlite, A_copy_is_put_in_the_place_of_what_is_no_database_which_is_kept_aside) {
  ASSERT_TRUE(wait_for(database()->open(patience())));
  const auto restored = damage_and_restore(path);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_THAT(restored->before, HasSubstr("test.db.damaged-"));
  EXPECT_EQ(std::filesystem::file_size(restored->before), 5000U);
  EXPECT_TRUE(wait_for(database()->open(patience())));
}

TEST_F(Sqlite, The_database_itself_is_no_copy_to_put_back_by_any_name) {
  ASSERT_TRUE(wait_for(database()->open(patience())));
  const auto link = folder.path + "/link.db";
  std::filesystem::create_symlink(path, link);
  Upkeep upkeep{std::make_unique<Backend>(path, 100ms), folder.path + "/backups", 3};
  for (const auto& name : {path, link}) {
    const auto restored = upkeep.restore(name, patience(2s));
    ASSERT_FALSE(restored) << name;
    EXPECT_EQ(restored.error().kind(), ErrorKind::invalid) << restored.error().text();
    EXPECT_THAT(restored.error().text(), HasSubstr("the database itself"));
  }
}

TEST_F(Sqlite, Behind_a_link_a_copy_is_put_where_the_database_is) {
  const auto link = folder.path + "/link.db";
  ASSERT_TRUE(wait_for(database()->open(patience())));
  std::filesystem::create_symlink(path, link);
  const auto restored = damage_and_restore(link);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(restored->before, HasSubstr("test.db.damaged-"));
  EXPECT_TRUE(wait_for(database()->open(patience())));
}

TEST_F(Sqlite, What_other_programs_wrote_is_text_when_it_is_read) {
  auto ours = database();
  ASSERT_TRUE(wait_for(ours->open(patience())));
  const auto rows = wait_for(
      ours->read({"SELECT CAST(x'61ff62' AS TEXT), CAST(x'610062' AS TEXT)", {}}, patience()));
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->front().text(0), "a\uFFFDb");
  EXPECT_EQ(rows->front().text(1), "a\uFFFDb");
}

TEST_F(Sqlite, A_copy_of_a_database_that_others_write_to_all_the_time_is_finished) {
  auto busy = database(5s);
  ASSERT_TRUE(wait_for(busy->open(patience())));
  const Statement much{
      "INSERT INTO messages (platform, guild, channel, id, author, author_name, "
      "by_bot, said, at) VALUES ('', '', '', '', '', '', 0, $1, 0)",
      {std::string(2000, 'x')}};
  ASSERT_TRUE(wait_for(busy->write(std::vector<Statement>(5000, much), patience())));
  std::atomic<bool> enough = false;
  std::jthread writer{[&] {
    while (!enough) EXPECT_TRUE(wait_for(busy->write({much}, patience())));
  }};
  Upkeep upkeep{std::make_unique<Backend>(path, 5s), folder.path + "/backups", 3};
  const auto copy = upkeep.back_up(std::nullopt, patience());
  enough = true;
  EXPECT_TRUE(copy) << copy.error().text();
}

TEST_F(Sqlite, What_a_process_that_has_ended_left_unfinished_is_swept_and_nothing_else) {
  ASSERT_TRUE(wait_for(database()->open(patience())));
  const auto backups = folder.path + "/backups/";
  std::filesystem::create_directories(backups);
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);
  const auto left = fmt::format("{}orrery-x-v1.db.{}.part", backups, gone);
  const auto alive = fmt::format("{}orrery-x-v1.db.{}.part", backups, getpid());
  for (const auto& file : {left, left + "-journal", alive, backups + "mine.part"}) {
    std::ofstream{file} << "x";
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - 2h);
  }
  std::ofstream{left + "-wal"} << "x";
  Upkeep upkeep{std::make_unique<Backend>(path, 100ms), folder.path + "/backups", 3};
  const auto copy = upkeep.back_up(std::nullopt, patience());
  ASSERT_TRUE(upkeep.restore(*copy, patience()));
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_FALSE(std::filesystem::exists(left + "-journal"));
  EXPECT_TRUE(std::filesystem::exists(alive));
  EXPECT_TRUE(std::filesystem::exists(left + "-wal")) << "somebody may be at it";
  EXPECT_TRUE(std::filesystem::exists(backups + "mine.part"));
}

TEST_F(Sqlite, A_file_that_was_moved_away_is_not_written_to_and_serves_again_when_it_is_back) {
  auto open = database();
  ASSERT_TRUE(wait_for(open->open(patience())));
  const Statement keep{"INSERT INTO prefixes VALUES ('g', '!')", {}};
  std::filesystem::rename(path, path + ".away");
  const auto written = wait_for(open->write({keep}, patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(written.error().text(), HasSubstr("no longer where it was opened"));
  EXPECT_FALSE(wait_for(open->probe(patience())));
  EXPECT_TRUE(open->trouble());
  std::filesystem::rename(path + ".away", path);
  // Within the moment in which the failed attempt still answers for the next.
  Result<> probed = fail(ErrorKind::internal, "");
  for (int i = 0; i < 100 && !probed; ++i) {
    std::this_thread::sleep_for(10ms);
    probed = wait_for(open->probe(patience()));
  }
  EXPECT_TRUE(probed);
  EXPECT_FALSE(open->trouble());
  EXPECT_TRUE(wait_for(open->write({keep}, patience())));
}

TEST_F(Sqlite, A_missing_folder_is_named) {
  path = folder.path + "/no/such/x.db";
  const auto opened = wait_for(database()->open(patience()));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("/no/such does not exist"));
  EXPECT_FALSE(opened.error().remedy().empty());
}

TEST_F(Sqlite, A_wait_for_a_lock_hears_its_stop_token) {
  auto holder = Connection::open(path, Access::read_write, 100ms);
  ASSERT_TRUE((*holder)->script("BEGIN EXCLUSIVE"));
  auto waiting = database(60s);
  async::StopSource source;
  std::jthread stopper{[&source] {
    std::this_thread::sleep_for(30ms);
    source.request_stop(async::StopReason::shutdown);
  }};
  const auto opened =
      wait_for(waiting->open({std::chrono::steady_clock::now() + 60s, source.token()}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::cancelled) << opened.error().text();
}

TEST_F(Sqlite, Another_programs_lock_is_waited_for_only_so_long) {
  ASSERT_TRUE(wait_for(database()->open(patience())));
  auto holder = Connection::open(path, Access::read_write, 100ms);
  ASSERT_TRUE((*holder)->script("BEGIN IMMEDIATE"));
  auto locked = database(30ms);
  const auto written =
      wait_for(locked->write({{"INSERT INTO prefixes VALUES ('g', '!')", {}}}, patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(written.error().remedy(), HasSubstr("end the other program"));
}

TEST_F(Sqlite, A_full_disk_is_told_and_nothing_is_half_written) {
  auto full = database();
  ASSERT_TRUE(wait_for(full->open(patience())));
  const Database::Work<int> limit = [](storage::Connection& connection) -> Result<int> {
    auto set = connection.run({"PRAGMA max_page_count = 1", {}});  // as many as there are now
    return set ? Result<int>{1} : fail(set.error());
  };
  ASSERT_TRUE(wait_for(full->transact(limit, patience())));
  const std::string big(100'000, 'x');
  const auto written = wait_for(full->write(
      {{"INSERT INTO prefixes VALUES ('small', '!')", {}},
       {"INSERT INTO transcript (visitor, conversation, id, by_bot, said, at) VALUES ('v', 'c', "
        "'i', 0, $1, 0)",
        {big}}},
      patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(written.error().remedy(), HasSubstr("make room"));
  EXPECT_TRUE(full->trouble());
  const auto rows = wait_for(full->read({"SELECT count(*) FROM prefixes", {}}, patience()));
  EXPECT_EQ(rows->front().integer(0), 0);
  EXPECT_TRUE(full->trouble()) << "that it can be read does not mean that it can be written";
}

TEST(SqlitePath, Relative_files_are_in_the_data_folder) {
  EXPECT_EQ(path_of("sqlite:x.db", "/data"), "/data/x.db");
  EXPECT_EQ(path_of("sqlite:///srv/x.db", "/data"), "/srv/x.db");
  EXPECT_EQ(path_of("sqlite:/srv/x.db", "/data"), "/srv/x.db");
}

// Migrations that ran on existing files must keep their text: the fingerprints are remembered.
TEST(SqliteMigrations, Keep_the_fingerprints_under_which_they_ran) {
  const std::uint64_t expected[] = {0xAA1F2A2E2C9EFDCF, 0x9DA131C6F1514670, 0x34251F2AAFD278C9};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(fingerprint(render(migrations()[i].forward, Dialect::sqlite)), expected[i])
        << migrations()[i].name;
  }
}

}  // namespace
}  // namespace orrery::storage::sqlite
