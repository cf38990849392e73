// What the records promise beyond their ports: they survive, and load quickly.
#include "chat/permissions.h"
#include "databases/database_test.h"
#include "records/history.h"
#include "records/permissions.h"
#include "records/prefixes.h"
#include "records/settings.h"

namespace orrery::records {
namespace {

using test::patience;
using test::wait_for;
using testing::ElementsAre;
using testing::HasSubstr;

const chat::Author mira{.id = "7", .name = "Mira"};

class Records : public test::DatabaseTest {};
INSTANTIATE_TEST_SUITE_P(On, Records, test::every_database, test::name_of_kind);

TEST_P(Records, Prefixes_are_seen_at_once_and_kept) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  EXPECT_THAT(prefixes.of("g"), ElementsAre("!"));
  ASSERT_TRUE(wait_for(prefixes.set("g", {"?", "??", "?"}, mira, patience())));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("??", "?"));
  StoredPrefixes again{*database, "!"};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_THAT(again.of("g"), ElementsAre("??", "?"));
  EXPECT_THAT(again.of("other"), ElementsAre("!"));
}

// Begins everything at once, on one strand, and waits for it.
template <class T>
std::vector<Result<T>> all_at_once(std::vector<Task<T>> tasks) {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::vector<std::optional<Result<T>>> results(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    scope.spawn("task", test::keep_result<T>(std::move(tasks[i]), results[i]));
  io.run();
  std::vector<Result<T>> all;
  for (auto& result : results) all.push_back(std::move(*result));
  return all;
}

TEST_P(Records, Prefixes_added_at_once_are_all_there) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  std::vector<Task<>> adding;
  for (const std::string one : {"a", "b", "c", "d", "e", "f"}) {
    adding.push_back(prefixes.edit(
        "g",
        [one](chat::Prefixes::List now) {
          now.push_back(one);
          return now;
        },
        mira, patience()));
  }
  for (const auto& added : all_at_once(std::move(adding))) EXPECT_TRUE(added);
  EXPECT_THAT(prefixes.of("g"), ElementsAre("!", "a", "b", "c", "d", "e", "f"));
  StoredPrefixes again{*database, "!"};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_THAT(again.of("g"), ElementsAre("!", "a", "b", "c", "d", "e", "f"));
}

TEST_P(Records, Permissions_changed_at_once_follow_from_each_other) {
  auto database = open();
  StoredPermissions records{*database};
  chat::Permissions permissions{records, {}};
  const chat::CommandRegistry none;
  const chat::Someone boss{.guild = "g", .author = {"boss", "Boss", chat::Standing::owner}};
  std::vector<Task<std::int64_t>> changing;
  for (int rank = 0; rank <= 10; ++rank) {
    const chat::Change change{.guild = "g",
                              .what = chat::Change::What::role,
                              .subject = "10",
                              .value = fmt::to_string(rank)};
    auto granted = permissions.may_edit(boss, "permissions");
    changing.push_back(permissions.change(std::move(*granted), change, none, patience()));
  }
  for (const auto& changed : all_at_once(std::move(changing))) EXPECT_TRUE(changed);
  const auto log = wait_for(records.audit("g", 1000, 100, patience()));
  ASSERT_EQ(log->size(), 11U);
  for (std::size_t i = 0; i + 1 < log->size(); ++i)
    EXPECT_EQ(log->at(i).was, log->at(i + 1).became);
  chat::Permissions again{records, {}};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_EQ(again.rules("g").roles.at("10"), permissions.rules("g").roles.at("10"));
}

TEST_P(Records, Changes_of_prefixes_and_settings_are_in_the_audit_log) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  StoredSettings settings{*database};
  for (const chat::Prefixes::List& list :
       std::vector<chat::Prefixes::List>{{"?"}, {"?"}, {"?", "hey"}, {}})
    ASSERT_TRUE(wait_for(prefixes.set("g", list, mira, patience())));
  ASSERT_TRUE(wait_for(chat::set_maintenance(settings, "soon", mira, patience())));
  StoredPermissions records{*database};
  std::vector<std::string> said;
  for (const auto& entry : *wait_for(records.audit("g", 1000, 100, patience()))) {
    said.push_back(fmt::format("{}: {} {} {} -> {}", entry.actor_name, entry.action, entry.subject,
                               entry.was.value_or("-"), entry.became.value_or("-")));
  }
  EXPECT_THAT(said, ElementsAre("Mira: setting maintenance - -> soon", "Mira: prefixes  hey ? -> -",
                                "Mira: prefixes  ? -> hey ?", "Mira: prefixes  - -> ?"));
}

// By the owner, in this guild.
Result<std::int64_t> undo(storage::Database& database, const std::string& guild,
                          std::int64_t number) {
  StoredPermissions records{database};
  chat::Permissions permissions{records, {}};
  const chat::CommandRegistry none;
  const chat::Someone boss{.guild = guild, .author = {"boss", "Boss", chat::Standing::owner}};
  auto granted = permissions.may_edit(boss, "permissions");
  return wait_for(permissions.undo(std::move(*granted), number, none, patience()));
}

TEST_P(Records, What_is_no_change_of_permissions_is_not_undone_by_its_number) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  ASSERT_TRUE(wait_for(prefixes.set("g", {"?"}, mira, patience())));
  const auto undone = undo(*database, "g", 1);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(undone.error().remedy(), HasSubstr("the default"));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("?"));
}

TEST_P(Records, One_guild_is_told_nothing_of_anothers_entries) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  for (const auto* prefix : {"secret", "?"})
    ASSERT_TRUE(wait_for(prefixes.set("g", {prefix}, mira, patience())));
  const auto undone = undo(*database, "h", 2);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(undone.error().text() + undone.error().remedy(), testing::Not(HasSubstr("secret")));
}

// A server that commits while nobody hears it any more.
TEST(History, What_may_have_been_kept_is_not_kept_twice) {
  auto& server = test::PostgresServer::shared();
  auto backend = storage::make_backend({.url = server.make_database(),
                                        .data_folder = "/",
                                        .presence = storage::Presence::announced});
  Journal journal;
  storage::DatabaseNumbers numbers;
  storage::Database database{
      std::move(*backend), {.connections = 1, .overflow = 0}, journal, numbers};
  ASSERT_TRUE(wait_for(database.open(patience())));
  const auto pid = wait_for(database.read({"SELECT pg_backend_pid()", {}}, patience()));
  StoredHistory history{database};
  std::vector<chat::Said> said(2);
  for (std::size_t i = 0; i < said.size(); ++i) {
    said[i].platform = "p";
    said[i].channel = "c";
    said[i].id = fmt::to_string(i);
    said[i].text = "hello";
  }
  test::Frozen process{pid->front().integer(0)};
  const auto first = wait_for(history.add(said, patience(std::chrono::milliseconds{100})));
  ASSERT_TRUE(!first && first.error().is_unsure());
  process.thaw();
  for (int i = 0; i < 2; ++i) {
    auto again = wait_for(history.add(said, patience()));
    ASSERT_TRUE(again) << again.error().text();
    if (i == 0)
      EXPECT_EQ(wait_for(history.of_channel("p", "c", 1000, 100, patience()))->size(), 2U);
  }
  EXPECT_EQ(wait_for(history.of_channel("p", "c", 1000, 100, patience()))->size(), 4U)
      << "no longer in doubt, what is added is added";
}

TEST_P(Records, Rows_that_are_no_prefixes_are_left_out_and_their_guilds_named) {
  auto database = open();
  for (const std::string row : {"", "a b", "a prefix that is much too long", "?"}) {
    ASSERT_TRUE(
        wait_for(database->write({{"INSERT INTO prefixes VALUES ('g', $1)", {row}}}, patience())));
  }
  StoredPrefixes prefixes{*database, "!"};
  ASSERT_TRUE(wait_for(prefixes.load(patience())));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("?"));
  EXPECT_THAT(prefixes.strange(), ElementsAre("g"));
  ASSERT_TRUE(wait_for(prefixes.set("g", {}, mira, patience())));
  EXPECT_TRUE(wait_for(database->read({"SELECT * FROM prefixes", {}}, patience()))->empty());
}

TEST_P(Records, A_bad_prefix_changes_nothing) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  EXPECT_FALSE(wait_for(prefixes.set("g", {"a b"}, mira, patience())));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("!"));
}

TEST_P(Records, Settings_of_guilds_and_people_are_kept_apart) {
  auto database = open();
  StoredSettings settings{*database};
  ASSERT_TRUE(wait_for(settings.set_of_guild("g", "zone", "Europe/Berlin", mira, patience())));
  ASSERT_TRUE(wait_for(settings.set_of_person("g", "zone", "Asia/Tokyo", patience())));
  StoredSettings again{*database};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_EQ(*again.of_guild("g", "zone"), "Europe/Berlin");
  EXPECT_EQ(again.of_guild("h", "zone"), nullptr);
  EXPECT_EQ(wait_for(again.of_person("g", patience()))->at("zone"), "Asia/Tokyo");
  ASSERT_TRUE(wait_for(again.set_of_guild("g", "zone", std::nullopt, mira, patience())));
  EXPECT_EQ(again.of_guild("g", "zone"), nullptr);
  EXPECT_FALSE(wait_for(again.set_of_guild("g", "Zone", "x", mira, patience())));
}

TEST_P(Records, A_rule_that_somebody_wrote_wrongly_by_hand_is_named) {
  auto database = open();
  ASSERT_TRUE(write(*database, "INSERT INTO permission_roles VALUES ('g', $1, 3)",
                    {std::string(300, 'x')}));
  StoredPermissions records{*database};
  const auto loaded = wait_for(records.load(patience()));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::corrupt);
  EXPECT_THAT(loaded.error().text(), HasSubstr("of the guild g in the database"));
}

TEST_P(Records, A_rank_out_of_range_does_not_get_into_the_database) {
  auto database = open();
  for (const auto* rank : {"11", "-1"}) {
    const auto written =
        write(*database, fmt::format("INSERT INTO permission_roles VALUES ('g', 'r', {})", rank));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind(), ErrorKind::conflict);
  }
}

}  // namespace
}  // namespace orrery::records
