// What every platform with guilds must do: one suite, for the fake one and for each that comes.
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Fake, GuildPlatform, FakeGuilds);
//
// A platform under test offers
//   guild(id, owner), role(guild, id, name), channel(guild, id, name), member(guild, id, name,
//   roles)
//                               what there is in it
//   message(guild, user, text)  what it hands to the pipeline when a member says something
//   directory(), moderation()   its ports
//   wait(task)                  runs a task of its ports to its end
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/directory.h"
#include "chat/moderation.h"

namespace orrery::test {

template <class Platform>
class GuildPlatform : public testing::Test {
 protected:
  void SetUp() override {
    platform.guild("g", "queen");
    platform.guild("other", "king");
    platform.role("g", "10", "Mods");
    platform.role("g", "20", "Mods of old");
    platform.channel("g", "c1", "general");
    platform.member("g", "queen", "Queen");
    platform.member("g", "ada", "Ada", {"10"});
    platform.member("g", "eve", "Eve");
    platform.member("g", "eve2", "eve");
  }
  bool is_member(const std::string& user) {
    const auto found = platform.directory().member("g", user);
    return found && found->id == user;
  }
  static chat::Moderation::Target target(const std::string& user) {
    return {.guild = "g", .user = user, .reason = "because"};
  }
  static async::Patience patience() {
    return {std::chrono::steady_clock::now() + std::chrono::seconds{5}, {}};
  }

  Platform platform;
};
TYPED_TEST_SUITE_P(GuildPlatform);

TYPED_TEST_P(GuildPlatform, Finds_by_id_or_by_a_name_that_only_one_has) {
  auto& directory = this->platform.directory();
  EXPECT_EQ(directory.member("g", "ada")->name, "Ada");
  EXPECT_EQ(directory.member("g", "ADA")->id, "ada");
  EXPECT_FALSE(directory.member("g", "EVE")) << "two are called that";
  EXPECT_EQ(directory.member("g", "eve2")->id, "eve2");
  EXPECT_FALSE(directory.member("other", "ada"));
  EXPECT_FALSE(directory.member("nowhere", "ada"));
  EXPECT_EQ(directory.role("g", "mods")->id, "10");
  EXPECT_EQ(directory.channel("g", "General")->id, "c1");
  EXPECT_FALSE(directory.role("g", ""));
  EXPECT_EQ(directory.roles("g").size(), 2U);
}

TYPED_TEST_P(GuildPlatform, Says_who_owns_the_guild) {
  auto& directory = this->platform.directory();
  EXPECT_EQ(directory.standing("g", "queen"), chat::Standing::guild_owner);
  EXPECT_EQ(directory.standing("g", "king"), chat::Standing::user);
  EXPECT_EQ(directory.standing("nowhere", "queen"), chat::Standing::user);
}

TYPED_TEST_P(GuildPlatform, Hands_over_a_message_with_all_that_a_decision_needs) {
  const auto message = this->platform.message("g", "ada", "hello");
  EXPECT_EQ(message.guild, "g");
  EXPECT_EQ(message.author.id, "ada");
  EXPECT_EQ(message.author.name, "Ada");
  EXPECT_EQ(message.author.standing, chat::Standing::user);
  EXPECT_THAT(message.author.roles, testing::ElementsAre("10"));
  EXPECT_NE(message.directory, nullptr);
  EXPECT_NE(message.moderation, nullptr);
  EXPECT_FALSE(message.platform.empty());
  EXPECT_FALSE(message.self.empty());
  EXPECT_NE(message.id, this->platform.message("g", "ada", "hello").id);
  EXPECT_EQ(this->platform.message("g", "queen", "hello").author.standing,
            chat::Standing::guild_owner);
}

TYPED_TEST_P(GuildPlatform, Who_is_banned_or_kicked_is_no_member_any_more) {
  auto& moderation = this->platform.moderation();
  EXPECT_TRUE(this->platform.wait(moderation.ban(this->target("ada"), this->patience())));
  EXPECT_FALSE(this->is_member("ada"));
  EXPECT_TRUE(this->platform.wait(moderation.kick(this->target("eve"), this->patience())));
  EXPECT_FALSE(this->is_member("eve"));
  EXPECT_TRUE(this->platform.wait(moderation.unban(this->target("ada"), this->patience())));
}

TYPED_TEST_P(GuildPlatform, A_role_counts_from_the_next_message_on) {
  auto& moderation = this->platform.moderation();
  EXPECT_TRUE(
      this->platform.wait(moderation.give_role(this->target("eve"), "10", this->patience())));
  EXPECT_THAT(this->platform.message("g", "eve", "x").author.roles, testing::ElementsAre("10"));
  EXPECT_TRUE(
      this->platform.wait(moderation.take_role(this->target("eve"), "10", this->patience())));
  EXPECT_THAT(this->platform.message("g", "eve", "x").author.roles, testing::IsEmpty());
}

TYPED_TEST_P(GuildPlatform, What_is_done_to_nobody_is_not_found) {
  auto& moderation = this->platform.moderation();
  const auto nobody = this->target("nobody");
  const auto patience = this->patience();
  for (auto act : {&chat::Moderation::ban, &chat::Moderation::kick}) {
    const auto done = this->platform.wait((moderation.*act)(nobody, patience));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::not_found);
  }
  EXPECT_FALSE(this->platform.wait(moderation.give_role(nobody, "10", patience)));
  EXPECT_FALSE(this->platform.wait(moderation.take_role(nobody, "10", patience)));
  EXPECT_FALSE(this->platform.wait(moderation.time_out(nobody, std::chrono::minutes{1}, patience)));
}

REGISTER_TYPED_TEST_SUITE_P(GuildPlatform, Finds_by_id_or_by_a_name_that_only_one_has,
                            Says_who_owns_the_guild,
                            Hands_over_a_message_with_all_that_a_decision_needs,
                            Who_is_banned_or_kicked_is_no_member_any_more,
                            A_role_counts_from_the_next_message_on,
                            What_is_done_to_nobody_is_not_found);

}  // namespace orrery::test
