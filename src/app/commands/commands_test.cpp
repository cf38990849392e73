// The commands that come with the program, as members of a guild meet them, on every database.
#include "app/commands/commands.h"

#include "chat/command_stage.h"
#include "databases/database_test.h"
#include "guilds/fake_guilds.h"
#include "records/permissions.h"
#include "records/prefixes.h"
#include "records/settings.h"

namespace orrery::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

// Everything behind the pipeline, in memory or on a database.
struct House {
  explicit House(storage::Database* database) {
    if (database == nullptr) {
      prefixes = std::make_unique<chat::MemoryPrefixes>("!");
      settings = std::make_unique<chat::MemorySettings>();
      records = std::make_unique<chat::MemoryPermissionRecords>();
    } else {
      auto stored = std::make_unique<records::StoredPrefixes>(*database, "!");
      EXPECT_TRUE(test::wait_for(stored->load(test::patience())));
      prefixes = std::move(stored);
      auto kept = std::make_unique<records::StoredSettings>(*database);
      EXPECT_TRUE(test::wait_for(kept->load(test::patience())));
      settings = std::move(kept);
      records = std::make_unique<records::StoredPermissions>(*database);
    }
    permissions = std::make_unique<chat::Permissions>(
        *records, chat::Permissions::Options{.otherwise = chat::Unconfigured::deny,
                                             .never = {"maintenance"}});
    EXPECT_TRUE(test::wait_for(permissions->load(test::patience())));
    services = std::make_unique<chat::Services>(
        chat::Services{commands, *prefixes, *permissions, *settings, owners});
    const AskStatus ask = [](TimePoint,
                             async::StopToken) -> asio::awaitable<std::optional<std::string>> {
      co_return "fine";
    };
    add_commands(*services, ask);
  }

  chat::CommandRegistry commands;
  chat::Owners owners{{"boss"}, {"admin"}};
  std::unique_ptr<chat::Prefixes> prefixes;
  std::unique_ptr<chat::Settings> settings;
  std::unique_ptr<chat::PermissionRecords> records;
  std::unique_ptr<chat::Permissions> permissions;
  std::unique_ptr<chat::Services> services;
};

class Guild : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (GetParam() != test::Kind::memory) database = open();
    house = std::make_unique<House>(database.get());
    guilds.guild("g", "queen");
    guilds.role("g", "10", "Mods");
    guilds.role("g", "20", "Admins");
    guilds.channel("g", "general", "general");
    guilds.channel("g", "quiet", "quiet");
    guilds.member("g", "queen", "Queen");
    guilds.member("g", "ada", "Ada", {"10"});
    guilds.member("g", "eve", "Eve");
    guilds.member("g", "ann", "Ann", {"20"});
  }

  // Says it and gives what was answered.
  std::string say(const std::string& who, const std::string& text,
                  const std::string& channel = "general", const std::string& guild = "g") {
    asio::io_context io;
    async::SteadyClock clock{io.get_executor()};
    std::vector<std::unique_ptr<chat::Stage>> stages;
    stages.push_back(std::make_unique<chat::CommandStage>(
        chat::CommandStage::Services{house->commands, *house->prefixes, *house->permissions,
                                     *house->settings, journal, clock},
        chat::CommandStage::Options{}));
    chat::Pipeline pipeline{
        {{io.get_executor(), std::make_shared<async::Busy>()}, clock, journal, 20s, house->owners},
        std::move(stages)};
    auto heard = std::make_shared<test::FakeGuilds::Heard>();
    EXPECT_TRUE(pipeline.post(guilds.message(guild, who, text, channel), heard));
    io.run();
    EXPECT_EQ(heard->ends.size(), 1U);
    return heard->replies.empty() ? "" : heard->replies.back();
  }
  // As after a restart: everything is read again.
  void restart() {
    if (database) house = std::make_unique<House>(database.get());
  }

  test::FakeGuilds guilds;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<House> house;
};
INSTANTIATE_TEST_SUITE_P(On, Guild, test::every_database, test::name_of_kind);

TEST_P(Guild, What_is_open_is_everyones_and_what_nobody_configured_is_nobodys) {
  EXPECT_EQ(say("eve", "!ping"), "pong");
  EXPECT_THAT(say("eve", "!prefix set ?"), HasSubstr("Only the owner may use 'prefix set' here"));
  EXPECT_THAT(say("queen", "!prefix set ?"), HasSubstr("begin with ? here"));
  EXPECT_THAT(say("boss", "?prefix set !"), HasSubstr("begin with ! here"));
  EXPECT_THAT(say("admin", "!prefix add ?"), HasSubstr("! or ?"));
}

TEST_P(Guild, A_role_gives_a_rank_and_a_command_requires_one) {
  EXPECT_THAT(say("queen", "!permissions role <@&10> 3"), HasSubstr("Done"));
  EXPECT_THAT(say("queen", "!permissions command prefix 4"), HasSubstr("Done"));
  EXPECT_THAT(
      say("ada", "!prefix set ?"),
      HasSubstr("'prefix set' needs rank 4 (Senior Moderator); you have rank 3 (Moderator)"));
  EXPECT_THAT(say("queen", "!permissions command \"prefix set\" 3"), HasSubstr("Done"));
  EXPECT_THAT(say("ada", "!prefix set ?"), HasSubstr("begin with ?"));
  EXPECT_THAT(say("ada", "?prefix add !"), HasSubstr("needs rank 4"));
  restart();
  EXPECT_THAT(say("ada", "?prefix set !"), HasSubstr("begin with !"));
  EXPECT_THAT(say("eve", "!prefix set ?"), HasSubstr("you have rank 0 (Member)"));
  EXPECT_THAT(say("queen", "!permissions show"),
              AllOf(HasSubstr("3 Moderator: roles Mods; commands prefix set"),
                    HasSubstr("4 Senior Moderator")));
}

TEST_P(Guild, Exceptions_go_before_ranks_and_the_users_before_the_channels) {
  say("queen", "!permissions user ping @eve deny");
  say("queen", "!permissions channel ping #quiet deny");
  EXPECT_THAT(say("eve", "!ping"), HasSubstr("excepted"));
  EXPECT_THAT(say("ada", "!ping", "quiet"), HasSubstr("in this channel"));
  EXPECT_EQ(say("ada", "!ping"), "pong");
  say("queen", "!permissions user ping Ada allow");
  EXPECT_EQ(say("ada", "!ping", "quiet"), "pong");
  EXPECT_EQ(say("queen", "!ping", "quiet"), "pong") << "the guild's owner is not excepted";
  restart();
  EXPECT_THAT(say("eve", "!ping"), HasSubstr("excepted"));
}

TEST_P(Guild, What_is_the_owners_alone_can_be_given_to_nobody) {
  EXPECT_THAT(say("queen", "!maintenance on"), HasSubstr("Only the owner of the bot"));
  EXPECT_THAT(say("admin", "!maintenance on"), HasSubstr("Only the owner of the bot"));
  EXPECT_THAT(say("queen", "!permissions command maintenance 0"),
              HasSubstr("can be given to nobody"));
  EXPECT_THAT(say("queen", "!permissions user maintenance @eve allow"),
              HasSubstr("can be given to nobody"));
}

TEST_P(Guild, During_maintenance_only_the_owner_is_served) {
  EXPECT_THAT(say("boss", "!maintenance on moving house"), HasSubstr("Only the owner"));
  restart();
  EXPECT_THAT(say("queen", "!ping"), HasSubstr("under maintenance: moving house"));
  EXPECT_EQ(say("boss", "!ping"), "pong");
  EXPECT_THAT(say("boss", "!maintenance off"), HasSubstr("Everyone"));
  EXPECT_EQ(say("queen", "!ping"), "pong");
}

TEST_P(Guild, Why_explains_every_step) {
  say("queen", "!permissions role Mods 3");
  say("queen", "!permissions command prefix 4");
  const auto answer = say("eve", "!why prefix set Ada");
  EXPECT_THAT(answer,
              AllOf(HasSubstr("Ada may not use !prefix set"), HasSubstr("1. is not the owner"),
                    HasSubstr("'prefix' requires rank 4 (Senior Moderator); the member has "
                              "rank 3 (Moderator) -> denied")));
  EXPECT_THAT(say("eve", "!why prefix set queen"), HasSubstr("owns the guild -> allowed"));
  EXPECT_THAT(say("eve", "!why ping"), HasSubstr("Eve may use !ping"));
  EXPECT_THAT(say("eve", "!why nothing"), HasSubstr("There is no command 'nothing'"));
  EXPECT_THAT(say("eve", "!why ping nobody"), HasSubstr("There is no user 'nobody' here"));
}

TEST_P(Guild, Every_change_is_in_the_audit_log_and_can_be_undone_once) {
  say("queen", "!permissions role Mods 3");
  say("queen", "!permissions role Mods 5");
  EXPECT_THAT(say("queen", "!permissions audit"),
              AllOf(HasSubstr("role 10 by Queen queen: (default) -> 3"), HasSubstr(": 3 -> 5")));
  EXPECT_THAT(say("queen", "!permissions undo 1"), HasSubstr("undo that first"));
  EXPECT_THAT(say("queen", "!permissions undo 2"), HasSubstr("Undone, as entry 3"));
  EXPECT_THAT(say("queen", "!permissions undo 2"), HasSubstr("undone already, by entry 3"));
  restart();
  EXPECT_THAT(say("queen", "!permissions show"), HasSubstr("3 Moderator: roles Mods"));
  EXPECT_THAT(say("queen", "!permissions undo 99"), HasSubstr("no entry 99"));
}

TEST_P(Guild, Nobody_gives_what_is_not_below_their_own_rank) {
  say("queen", "!permissions role Admins 5");
  say("queen", "!permissions command permissions 5");
  EXPECT_THAT(say("ann", "!permissions role Mods 4"), HasSubstr("Done"));
  EXPECT_THAT(say("ann", "!permissions role Mods 5"), HasSubstr("below your own rank"));
  EXPECT_THAT(say("ann", "!permissions role Admins 1"), HasSubstr("below your own rank"));
  EXPECT_THAT(say("ann", "!permissions user ping Eve deny"), HasSubstr("below your own rank"));
  EXPECT_THAT(say("ada", "!permissions role Mods 9"), HasSubstr("needs rank 5"));
}

TEST_P(Guild, What_a_parent_asks_for_cannot_be_undercut_by_its_sub_command) {
  say("queen", "!permissions role Admins 5");
  say("queen", "!permissions command permissions 5");
  say("queen", "!permissions command prefix 9");
  EXPECT_THAT(say("ann", "!permissions command \"prefix set\" 0"),
              HasSubstr("below your own rank, 5: 'prefix set' would go from rank 9 to rank 0"));
  EXPECT_THAT(say("ann", "!permissions command prefix none"), HasSubstr("below your own rank"));
  EXPECT_THAT(say("ann", "!permissions command ping 3"), HasSubstr("Done"));
  say("queen", "!permissions command prefix none");
  EXPECT_THAT(say("ann", "!permissions command prefix 0"),
              HasSubstr("'prefix add' would go from nobody but the owner to rank 0"))
      << "what nobody was given is the owner's";
}

TEST_P(Guild, A_rule_by_an_alias_stands_at_the_command) {
  EXPECT_THAT(say("queen", "!permissions command tz 3"), HasSubstr("Done"));
  EXPECT_THAT(say("eve", "!timezone"), HasSubstr("needs rank 3"));
  EXPECT_THAT(say("queen", "!permissions command timezone 3"), HasSubstr("so already"));
  EXPECT_THAT(say("queen", "!permissions user perms @eve allow"), HasSubstr("Done"));
  restart();
  EXPECT_THAT(say("eve", "!permissions show"), HasSubstr("commands timezone"));
}

TEST_P(Guild, Who_may_use_the_command_by_exception_changes_no_more_than_their_rank_lets_them) {
  say("queen", "!permissions role Admins 5");
  say("queen", "!permissions user \"permissions role\" @ann allow");
  EXPECT_THAT(say("ann", "!permissions role Mods 4"), HasSubstr("Done"));
  EXPECT_THAT(say("ann", "!permissions role Mods 5"), HasSubstr("below your own rank, 5"));
  EXPECT_THAT(say("ann", "!permissions command ping 1"), HasSubstr("Only the owner"));
}

TEST_P(Guild, What_was_changed_last_is_undone_first) {
  say("queen", "!permissions role Mods 3");
  say("queen", "!permissions role Mods 5");
  say("queen", "!permissions role Mods 3");
  EXPECT_THAT(say("queen", "!permissions undo 1"), HasSubstr("undo entry 3 first"));
  EXPECT_THAT(say("queen", "!permissions undo 3"), HasSubstr("Undone"));
  EXPECT_THAT(say("queen", "!permissions undo 2"), HasSubstr("Undone"));
  EXPECT_THAT(say("queen", "!permissions undo 1"), HasSubstr("Undone"));
  EXPECT_THAT(say("queen", "!permissions show"), Not(HasSubstr("Mods")));
}

TEST_P(Guild, A_change_of_nothing_is_none_and_03_is_3) {
  EXPECT_THAT(say("queen", "!permissions role Mods none"), HasSubstr("so already"));
  EXPECT_THAT(say("queen", "!permissions role Mods 03"), HasSubstr("Done"));
  EXPECT_THAT(say("queen", "!permissions role Mods 3"), HasSubstr("so already"));
  EXPECT_THAT(say("queen", "!permissions undo 1"), HasSubstr("Undone"));
}

TEST_P(Guild, Everything_that_was_set_is_shown) {
  say("queen", "!permissions rank 9 \"Big Boss\"");
  say("queen", "!permissions user ping @eve deny");
  EXPECT_THAT(say("queen", "!permissions show"), AllOf(HasSubstr("9 Big Boss: roles none"),
                                                       HasSubstr("the user eve may not use ping")));
  EXPECT_THAT(say("queen", "!permissions rank 8 big boss"), HasSubstr("called 'Big Boss' already"));
}

TEST_P(Guild, A_prefix_that_nobody_can_see_or_a_slip_is_none) {
  for (const std::string hidden : {"\xE2\x80\xAE"
                                   "abc",
                                   "\xE2\x80\x8B", "\xEF\xBB\xBF", "a\xC2\xA0"})
    EXPECT_THAT(say("queen", "!prefix set " + hidden), HasSubstr("1 to 16 visible"));
  EXPECT_THAT(say("queen", "!prefix rset"), HasSubstr("looks like a slip"));
  EXPECT_THAT(say("queen", "!prefix --help"), HasSubstr("looks like a slip"));
  EXPECT_THAT(say("queen", "!prefix ?"), HasSubstr("begin with ?"));
  EXPECT_EQ(say("eve", "?ping"), "pong");
}

TEST_P(Guild, Guilds_are_apart) {
  guilds.guild("other", "king");
  say("queen", "!permissions user ping eve deny");
  EXPECT_EQ(say("eve", "!ping", "general", "other"), "pong");
  EXPECT_THAT(say("king", "!permissions audit", "general", "other"),
              HasSubstr("Nobody has changed"));
  EXPECT_THAT(say("king", "!permissions undo 1", "general", "other"),
              HasSubstr("no entry 1 of this guild"));
}

TEST_P(Guild, Several_prefixes_a_mention_and_the_default) {
  say("queen", "!prefix add !!");
  say("queen", "!prefix add hey,");
  EXPECT_EQ(say("eve", "!!ping"), "pong");
  EXPECT_EQ(say("eve", "hey,ping"), "pong");
  EXPECT_EQ(say("eve", "<@bot> ping"), "pong");
  EXPECT_EQ(say("eve", "@bot, ping"), "pong");
  EXPECT_EQ(say("eve", "@bother ping"), "");
  say("queen", "!prefix add @");
  EXPECT_EQ(say("eve", "@ping"), "pong");
  EXPECT_EQ(say("eve", "@bot ping"), "pong");
  say("queen", "!prefix remove @");
  restart();
  EXPECT_THAT(say("eve", "!prefix"), HasSubstr("hey, or !! or !"));
  EXPECT_THAT(say("queen", "!prefix remove !"), HasSubstr("hey, or !!"));
  EXPECT_EQ(say("eve", "!ping"), "");
  say("queen", "!!prefix reset");
  restart();
  EXPECT_EQ(say("eve", "!ping"), "pong");
  EXPECT_THAT(say("queen", "!prefix add " + std::string(17, 'x')), HasSubstr("1 to 16"));
}

TEST_P(Guild, In_a_direct_message_there_are_no_ranks_and_no_guild) {
  EXPECT_EQ(say("eve", "!ping", "dm", ""), "pong");
  EXPECT_THAT(say("eve", "!permissions show", "dm", ""), HasSubstr("only be used in a guild"));
  EXPECT_THAT(say("eve", "!prefix set ?", "dm", ""), HasSubstr("only be used in a guild"));
  EXPECT_THAT(say("boss", "!prefix ?", "dm", ""), HasSubstr("no prefixes of their own"));
  EXPECT_EQ(say("ada", "!ping", "dm", ""), "pong") << "one person's messages are not everybody's";
}

TEST_P(Guild, Nonsense_is_refused_and_changes_nothing) {
  const std::string long_text(3000, 'x');
  std::string flags;
  for (int i = 0; i < 400; ++i) flags += fmt::format(" --f{}", i);
  for (const auto& [text, answer] : std::vector<std::pair<std::string, std::string>>{
           {"!permissions role Mods 11", "from 0 to 10"},
           {"!permissions role Mods -1", "from 0 to 10"},
           {"!permissions role Mods 9999999999999999999999", "from 0 to 10"},
           {"!permissions role '; DROP TABLE audit; --", "no role"},
           {"!permissions role Nobodies 3", "no role 'Nobodies' here"},
           {"!permissions command prefx 3", "did you mean 'prefix'"},
           {"!permissions rank 3 Administrator", "called 'Administrator' already"},
           {"!permissions rank 3 " + std::string(65, 'n'), "from 1 to 64"},
           {"!permissions user ping eve maybe", "allow or deny or none"},
           {"!permissions undo x", "ENTRY must be a whole number"},
           {"!permissions role \"Mods 3", "not closed"},
           {"!permissions command " + long_text + " 3", "1 to 256 visible bytes"},
           {"!permissions role Mods 3" + flags, "no use for '--f0'"},
           {fmt::format("!permissions role Mods 3{0}{0}{0}", flags), "at most 4000 bytes"},
           {"!permissions", "needs one of"},
           {"!permissions rol Mods 3", "did you mean 'role'"}}) {
    EXPECT_THAT(say("queen", text), HasSubstr(answer)) << text.substr(0, 80);
  }
  EXPECT_THAT(say("queen", "!permissions audit"), HasSubstr("Nobody has changed"));
  EXPECT_THAT(say("queen", "!permissions show"), Not(HasSubstr("Mods")));
}

TEST_P(Guild, Sql_in_every_field_stays_text) {
  const std::string nasty = "x'; DROP TABLE audit; --";
  EXPECT_THAT(say("queen", "!permissions rank 9 " + nasty), HasSubstr("Done"));
  guilds.role("g", nasty, "Nasty");
  EXPECT_THAT(say("queen", "!permissions role Nasty 9"), HasSubstr("Done"));
  guilds.member("g", nasty, "Little Bobby");
  EXPECT_THAT(say("queen", "!permissions user ping \"Little Bobby\" deny"), HasSubstr("Done"));
  restart();
  EXPECT_THAT(say("queen", "!permissions show"), HasSubstr("9 " + nasty + ": roles Nasty"));
  EXPECT_THAT(say(nasty, "!ping"), HasSubstr("excepted"));
}

TEST_P(Guild, Everyone_has_a_time_zone_of_their_own) {
  EXPECT_THAT(say("eve", "!timezone Asia/Tokio"), HasSubstr("did you mean 'Asia/Tokyo'"));
  EXPECT_THAT(say("eve", "!timezone Asia/Tokyo"), HasSubstr("Asia/Tokyo from now on"));
  restart();
  EXPECT_THAT(say("eve", "!tz"), HasSubstr("is Asia/Tokyo"));
  EXPECT_THAT(say("ada", "!tz"), HasSubstr("is UTC"));
  EXPECT_THAT(say("ada", "!tz berlin"), HasSubstr("Europe/Berlin from now on"));
  EXPECT_THAT(say("ada", "!tz utc"), HasSubstr("UTC from now on"));
}

TEST_P(Guild, Help_shows_what_the_asker_may_use) {
  EXPECT_THAT(say("eve", "!help"), AllOf(HasSubstr("!ping"), Not(HasSubstr("!permissions COMMAND")),
                                         Not(HasSubstr("maintenance"))));
  EXPECT_THAT(say("queen", "!help"), HasSubstr("!permissions COMMAND"));
  EXPECT_THAT(say("boss", "!help"), HasSubstr("maintenance"));
  EXPECT_THAT(say("eve", "!help prefix"),
              AllOf(HasSubstr("!prefix [PREFIX]"), HasSubstr("!prefix set PREFIX")));
}

}  // namespace
}  // namespace orrery::app
