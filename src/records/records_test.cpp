// What the records promise beyond their ports: they survive, and load quickly.
#include "databases/database_test.h"
#include "records/permissions.h"
#include "records/prefixes.h"
#include "records/settings.h"

namespace orrery::records {
namespace {

using test::patience;
using test::wait_for;
using testing::ElementsAre;
using testing::HasSubstr;

class Records : public test::DatabaseTest {};
INSTANTIATE_TEST_SUITE_P(On, Records, test::every_database, test::name_of_kind);

TEST_P(Records, Prefixes_are_seen_at_once_and_kept) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  EXPECT_THAT(prefixes.of("g"), ElementsAre("!"));
  ASSERT_TRUE(wait_for(prefixes.set("g", {"?", "??", "?"}, patience())));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("??", "?"));
  StoredPrefixes again{*database, "!"};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_THAT(again.of("g"), ElementsAre("??", "?"));
  EXPECT_THAT(again.of("other"), ElementsAre("!"));
}

TEST_P(Records, A_bad_prefix_changes_nothing) {
  auto database = open();
  StoredPrefixes prefixes{*database, "!"};
  EXPECT_FALSE(wait_for(prefixes.set("g", {"a b"}, patience())));
  EXPECT_THAT(prefixes.of("g"), ElementsAre("!"));
}

TEST_P(Records, Settings_of_guilds_and_people_are_kept_apart) {
  auto database = open();
  StoredSettings settings{*database};
  ASSERT_TRUE(wait_for(settings.set_of_guild("g", "zone", "Europe/Berlin", patience())));
  ASSERT_TRUE(wait_for(settings.set_of_person("g", "zone", "Asia/Tokyo", patience())));
  StoredSettings again{*database};
  ASSERT_TRUE(wait_for(again.load(patience())));
  EXPECT_EQ(*again.of_guild("g", "zone"), "Europe/Berlin");
  EXPECT_EQ(again.of_guild("h", "zone"), nullptr);
  EXPECT_EQ(wait_for(again.of_person("g", patience()))->at("zone"), "Asia/Tokyo");
  ASSERT_TRUE(wait_for(again.set_of_guild("g", "zone", std::nullopt, patience())));
  EXPECT_EQ(again.of_guild("g", "zone"), nullptr);
  EXPECT_FALSE(wait_for(again.set_of_guild("g", "Zone", "x", patience())));
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
