// One suite for all: what the smaller records promise, in memory and on every database.
#include "databases/database_test.h"
#include "records/history.h"
#include "records/plugin_values.h"
#include "records/schedule.h"

namespace orrery::records {
namespace {

using test::patience;
using test::wait_for;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Kept : public test::DatabaseTest {
 protected:
  static constexpr chat::Quota quota{.value = 100, .total = 300, .names = 4};
  void SetUp() override {
    DatabaseTest::SetUp();
    if (GetParam() == test::Kind::memory) {
      values = std::make_unique<chat::MemoryPluginValues>(quota);
      history = std::make_unique<chat::MemoryHistory>();
      schedule = std::make_unique<chat::MemoryScheduleRecords>();
      return;
    }
    database = open();
    values = std::make_unique<StoredPluginValues>(*database, quota);
    history = std::make_unique<StoredHistory>(*database);
    schedule = std::make_unique<StoredSchedule>(*database);
  }
  static chat::PluginValues::Bytes bytes(std::size_t count) {
    return chat::PluginValues::Bytes(count, std::byte{0xFF});
  }
  Result<> set(const std::string& plugin, const std::string& name, std::size_t size) {
    return wait_for(values->set(plugin, name, bytes(size), patience()));
  }
  std::vector<std::string> names(const std::string& plugin, const std::string& prefix = "") {
    return *wait_for(values->names(plugin, prefix, patience()));
  }
  static chat::Said said(const std::string& text, std::int64_t at, const std::string& who = "ada") {
    return {.number = 0,
            .platform = "p",
            .guild = "g",
            .channel = "c",
            .id = "1",
            .author = who,
            .author_name = "Ada",
            .by_bot = false,
            .text = text,
            .at = WallTime{std::chrono::milliseconds{at}}};
  }
  std::vector<std::string> texts(std::int64_t before = INT64_MAX, std::size_t most = 100) {
    std::vector<std::string> list;
    for (const auto& one : *wait_for(history->of_channel("p", "c", before, most, patience())))
      list.push_back(one.text);
    return list;
  }

  std::unique_ptr<storage::Database> database;
  std::unique_ptr<chat::PluginValues> values;
  std::unique_ptr<chat::History> history;
  std::unique_ptr<chat::ScheduleRecords> schedule;
};
INSTANTIATE_TEST_SUITE_P(On, Kept, test::every_database, test::name_of_kind);

TEST_P(Kept, A_value_comes_back_and_plugins_are_apart) {
  ASSERT_TRUE(set("a", "x", 10));
  EXPECT_EQ(wait_for(values->get("a", "x", patience())).value(), bytes(10));
  EXPECT_EQ(wait_for(values->get("b", "x", patience())).value(), std::nullopt);
  ASSERT_TRUE(set("a", "x", 0));
  EXPECT_EQ(wait_for(values->get("a", "x", patience())).value(), bytes(0));
  ASSERT_TRUE(wait_for(values->remove("a", "x", patience())));
  EXPECT_EQ(wait_for(values->get("a", "x", patience())).value(), std::nullopt);
}

TEST_P(Kept, Names_are_listed_by_what_they_begin_with) {
  for (const auto* name : {"user/2", "user/1", "über/1", "x"}) ASSERT_TRUE(set("a", name, 1));
  EXPECT_THAT(names("a", "user/"), ElementsAre("user/1", "user/2"));
  EXPECT_THAT(names("a", "über"), ElementsAre("über/1"));
  EXPECT_EQ(names("a").size(), 4U);
  ASSERT_TRUE(wait_for(values->clear("a", patience())));
  EXPECT_THAT(names("a"), IsEmpty());
}

TEST_P(Kept, A_quota_is_kept_to_the_byte_and_what_was_there_stays) {
  EXPECT_THAT(set("a", "x", 101).error().text(), HasSubstr("at most 100 bytes"));
  ASSERT_TRUE(set("a", "1", 99));
  ASSERT_TRUE(set("a", "2", 99));
  ASSERT_TRUE(set("a", "3", 98));
  EXPECT_EQ(wait_for(values->usage("a", patience()))->bytes, 299U);
  EXPECT_THAT(set("a", "3", 100).error().text(), HasSubstr("may keep 300 bytes"));
  EXPECT_EQ(set("a", "4", 1).error().kind(), ErrorKind::limited);
  EXPECT_EQ(wait_for(values->get("a", "3", patience())).value(), bytes(98));
  ASSERT_TRUE(set("a", "3", 99));
  EXPECT_TRUE(set("b", "1", 99)) << "another plugin has its own";
}

TEST_P(Kept, As_many_names_as_may_be) {
  for (const auto* name : {"1", "2", "3", "4"}) ASSERT_TRUE(set("a", name, 1));
  EXPECT_EQ(set("a", "5", 1).error().kind(), ErrorKind::limited);
  EXPECT_TRUE(set("a", "4", 2));
  EXPECT_FALSE(set("a", "", 1));
  EXPECT_FALSE(set("a", "\n", 1));
}

TEST_P(Kept, What_was_said_comes_back_in_order_and_in_pages) {
  ASSERT_TRUE(wait_for(history->add({said("a", 1), said("b", 2), said("c", 3)}, patience())));
  EXPECT_THAT(texts(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(texts(INT64_MAX, 2), ElementsAre("b", "c"));
  const auto last = wait_for(history->of_channel("p", "c", INT64_MAX, 1, patience()));
  EXPECT_THAT(texts(last->front().number, 2), ElementsAre("a", "b"));
  EXPECT_THAT(*wait_for(history->of_channel("p", "other", INT64_MAX, 9, patience())), IsEmpty());
}

TEST_P(Kept, What_is_too_old_or_somebodys_is_forgotten) {
  ASSERT_TRUE(
      wait_for(history->add({said("a", 1), said("b", 2, "eve"), said("c", 3)}, patience())));
  EXPECT_EQ(*wait_for(history->forget_before(WallTime{std::chrono::milliseconds{2}}, patience())),
            1);
  EXPECT_THAT(texts(), ElementsAre("b", "c"));
  EXPECT_EQ(*wait_for(history->forget_author("p", "eve", patience())), 1);
  EXPECT_THAT(texts(), ElementsAre("c"));
}

TEST_P(Kept, A_recorder_hands_over_what_passed_and_keeps_what_was_not_taken) {
  chat::Recorder recorder;
  for (int i = 0; i < 3; ++i) {
    recorder.hear({.id = "1",
                   .platform = "p",
                   .guild = "g",
                   .channel = "c",
                   .author = {"ada", "Ada"},
                   .text = fmt::to_string(i)});
  }
  ASSERT_TRUE(wait_for(recorder.flush(*history, patience())));
  EXPECT_THAT(texts(), ElementsAre("0", "1", "2"));
  EXPECT_EQ(recorder.waiting(), 0U);
}

// Takes its time, and refuses what it does not like.
class Slow final : public chat::History {
 public:
  Task<> add(std::vector<chat::Said> said, storage::Patience patience) override {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    for (const auto& one : said) {
      if (one.text == "bad") co_return fail(ErrorKind::invalid, "no text");
    }
    auto adding = kept.add(std::move(said), std::move(patience));
    co_return co_await std::move(adding);
  }
  Task<std::vector<chat::Said>> of_channel(std::string platform, std::string channel,
                                           std::int64_t before, std::size_t most,
                                           storage::Patience patience) override {
    return kept.of_channel(platform, channel, before, most, std::move(patience));
  }
  Task<std::int64_t> forget_before(WallTime at, storage::Patience patience) override {
    return kept.forget_before(at, std::move(patience));
  }
  Task<std::int64_t> forget_author(std::string platform, std::string author,
                                   storage::Patience patience) override {
    return kept.forget_author(platform, author, std::move(patience));
  }
  chat::MemoryHistory kept;
};

class Recording : public testing::Test {
 protected:
  void hear(const std::string& text) {
    recorder.hear({.id = "1",
                   .platform = "p",
                   .guild = "g",
                   .channel = "c",
                   .author = {"ada", "Ada"},
                   .text = text});
  }
  std::vector<std::string> texts() {
    std::vector<std::string> list;
    for (const auto& one : *wait_for(slow.of_channel("p", "c", INT64_MAX, 99, patience())))
      list.push_back(one.text);
    return list;
  }
  chat::Recorder recorder;
  Slow slow;
};

TEST_F(Recording, Two_who_flush_at_once_keep_everything_once) {
  for (const auto* text : {"a", "b", "c"}) hear(text);
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Result<>> first;
  std::optional<Result<>> second;
  scope.spawn("first", test::keep_result<void>(recorder.flush(slow, patience()), first));
  scope.spawn("second", test::keep_result<void>(recorder.flush(slow, patience()), second));
  io.run();
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*second);
  EXPECT_THAT(texts(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(recorder.waiting(), 0U);
}

TEST_F(Recording, One_bad_text_does_not_keep_the_others_from_the_history) {
  for (const auto* text : {"a", "bad", "c"}) hear(text);
  EXPECT_TRUE(wait_for(recorder.flush(slow, patience())));
  EXPECT_THAT(texts(), ElementsAre("a", "c"));
  EXPECT_EQ(recorder.lost(), 1U);
  EXPECT_EQ(recorder.waiting(), 0U);
}

TEST_P(Kept, A_job_comes_back_as_it_went) {
  const chat::Job job{.plugin = "p",
                      .name = "n",
                      .schedule = "0 * * * *",
                      .zone = "Europe/Berlin",
                      .misfire = chat::Misfire::all,
                      .payload = "'; DROP TABLE jobs; --",
                      .next = WallTime{std::chrono::milliseconds{5}},
                      .last = std::nullopt,
                      .outcome = "done"};
  ASSERT_TRUE(wait_for(schedule->keep(job, patience())));
  ASSERT_TRUE(wait_for(schedule->keep(job, patience())));
  const auto jobs = wait_for(schedule->load(patience()));
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().payload, job.payload);
  EXPECT_EQ(jobs->front().next, job.next);
  EXPECT_EQ(jobs->front().last, std::nullopt);
  EXPECT_EQ(jobs->front().misfire, chat::Misfire::all);
  ASSERT_TRUE(wait_for(schedule->remove("p", "n", patience())));
  EXPECT_EQ(wait_for(schedule->remove("p", "n", patience())).error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace orrery::records
