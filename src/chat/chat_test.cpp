#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/latch.h"
#include "chat/command_docs.h"
#include "chat/command_stage.h"

namespace orrery::chat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

struct Heard final : Outlet {
  void reply(const Message&, std::string text) override { replies.push_back(std::move(text)); }
  void handled(const Message&, Handled how) override { ends.push_back(how); }
  std::vector<std::string> replies;
  std::vector<Handled> ends;
};

Task<std::string> say_pong(Invocation) { co_return std::string{"pong"}; }
Task<std::string> echo(Invocation invocation) { co_return invocation.arguments; }
Task<std::string> throws(Invocation) {
  throw 42;
  co_return std::string{};
}
Task<std::string> fails(Invocation) {
  Error error{ErrorKind::unavailable, "no luck"};
  co_return fail(std::move(error).remedy("try again"));
}

class Chat : public testing::Test {
 protected:
  Chat() {
    add({.name = "ping", .summary = "Answers.", .access = Access::open, .run = say_pong});
    add({.name = "echo",
         .access = Access::open,
         .takes = {.parameters = {{.name = "text", .kind = Kind::rest}}},
         .run = echo,
         .aliases = {"say"}});
    add({.name = "throws", .access = Access::open, .run = throws});
    add({.name = "fails", .access = Access::open, .run = fails});
    add({.name = "secret", .access = Access::owner, .run = say_pong});
    add({.name = "slow",
         .access = Access::open,
         .run = say_pong,
         .cooldown = Cooldown{.per = Per::user, .uses = 2, .within = 10s}});
    add({.name = "hang",
         .access = Access::open,
         .run = [this](Invocation invocation) { return hang(std::move(invocation)); },
         .concurrency = Concurrency{.per = Per::channel, .most = 1}});
    add({.name = "elsewhere", .access = Access::open, .run = say_pong, .platforms = {"mars"}});
    std::vector<std::unique_ptr<Stage>> stages;
    stages.push_back(std::make_unique<CommandStage>(
        CommandStage::Services{commands, prefixes, permissions, settings, journal, clock},
        CommandStage::Options{.prefix_case = Case::ignored}));
    pipeline = std::make_unique<Pipeline>(
        Pipeline::Environment{{io.get_executor(), std::make_shared<async::Busy>()},
                              clock,
                              journal,
                              1s,
                              Owners{{"boss"}}},
        std::move(stages));
  }
  ~Chat() override { io.run(); }

  Task<std::string> hang(Invocation) {
    auto waiting = enough.wait(clock, async::never, {});
    co_await std::move(waiting);
    co_return std::string{"done"};
  }

  void add(Command command) { ASSERT_TRUE(commands.add(std::move(command))); }
  void say(const std::string& text, Standing standing = Standing::user,
           const std::string& id = "u") {
    Message message{.id = "1",
                    .platform = "test",
                    .guild = "g",
                    .channel = "c",
                    .author = {id, "U", standing},
                    .text = text};
    ASSERT_TRUE(pipeline->post(std::move(message), heard));
    io.restart();
    io.poll();
  }

  asio::io_context io;
  async::ManualClock clock;
  async::Latch enough;
  Journal journal;
  CommandRegistry commands;
  MemoryPrefixes prefixes{"Hey!"};
  MemoryPermissionRecords records;
  Permissions permissions{records, {}};
  MemorySettings settings;
  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(Chat, A_command_is_answered_and_then_reported_as_handled_once) {
  say("hey!ping");
  EXPECT_THAT(heard->replies, ElementsAre("pong"));
  EXPECT_THAT(heard->ends, ElementsAre(Handled::answered));
}

TEST_F(Chat, Names_ignore_case_and_arguments_are_trimmed) {
  say("  HEY!ECHO   a  b ");
  EXPECT_THAT(heard->replies, ElementsAre("a  b"));
}

TEST_F(Chat, Talk_is_ignored_and_still_reported) {
  for (const auto* text : {"hello", "hey! hello", "hey!!!", "", "hey!"}) say(text);
  EXPECT_TRUE(heard->replies.empty());
  EXPECT_THAT(heard->ends, testing::Each(Handled::ignored));
  EXPECT_EQ(heard->ends.size(), 5U);
}

TEST_F(Chat, A_mistyped_command_suggests_the_nearest) {
  say("hey!pign");
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("Did you mean hey!ping?")));
}

TEST_F(Chat, A_command_that_throws_or_fails_is_answered_and_reported_as_failed) {
  say("hey!throws");
  say("hey!fails");
  say("hey!fails", Standing::owner);
  EXPECT_THAT(heard->replies,
              ElementsAre(HasSubstr("That failed"),
                          HasSubstr("something the bot needs is not there"), "No luck\nTry again"))
      << "what failed is told to the owner alone";
  EXPECT_THAT(heard->ends, ElementsAre(Handled::failed, Handled::failed, Handled::failed));
}

TEST_F(Chat, Owner_commands_are_for_owners) {
  say("hey!secret");
  say("hey!secret", Standing::owner);
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("Only the owner"), "pong"));
}

TEST_F(Chat, An_id_that_the_configuration_names_is_an_owner) {
  say("hey!secret", Standing::user, "boss");
  EXPECT_THAT(heard->replies, ElementsAre("pong"));
}

TEST_F(Chat, After_draining_nothing_is_taken) {
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) {}};
  const auto drain = [](Pipeline* p) -> asio::awaitable<void> {
    co_await p->drain(async::never, {});
  };
  scope.spawn("drain", drain(pipeline.get()));
  io.poll();
  EXPECT_EQ(scope.alive(), 0U);
  EXPECT_EQ(pipeline->post({}, heard).error().kind(), ErrorKind::unavailable);
}

TEST_F(Chat, An_alias_is_as_good_as_the_name) {
  say("hey!say x");
  EXPECT_THAT(heard->replies, ElementsAre("x"));
}

TEST_F(Chat, A_cooldown_counts_each_user_apart_and_ends) {
  say("hey!slow");
  say("hey!slow");
  say("hey!slow");
  EXPECT_THAT(heard->replies.back(), HasSubstr("try again in 10.0 s"));
  say("hey!slow", Standing::user, "other");
  EXPECT_EQ(heard->replies.back(), "pong");
  say("hey!slow", Standing::owner);
  EXPECT_EQ(heard->replies.back(), "pong") << "the owner need not wait";
  clock.advance(10s);
  say("hey!slow");
  EXPECT_EQ(heard->replies.back(), "pong");
}

TEST_F(Chat, No_more_run_at_once_than_may) {
  say("hey!hang");
  say("hey!hang", Standing::user, "other");
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("still running for this channel")));
  enough.open();
  io.restart();
  io.poll();
  EXPECT_EQ(heard->replies.back(), "done");
  say("hey!hang");
  EXPECT_EQ(heard->replies.size(), 3U);
}

TEST_F(Chat, A_command_of_another_platform_says_where_it_works) {
  say("hey!elsewhere");
  EXPECT_THAT(heard->replies, ElementsAre("'elsewhere' does not exist on test; it works on mars."));
}

TEST_F(Chat, A_missing_argument_is_answered_with_the_usage) {
  say("hey!echo");
  EXPECT_THAT(heard->replies, ElementsAre("TEXT is missing\nIt is used like this: hey!echo TEXT…"));
}

TEST(Prefix, The_longest_match_wins) {
  const auto prefixes = in_order({"!", "!!", "!"});
  EXPECT_EQ(prefixes, (std::vector<std::string>{"!!", "!"}));
  EXPECT_EQ(strip_prefix("!!go", prefixes, Case::matters), "go");
  EXPECT_EQ(strip_prefix("go", prefixes, Case::matters), std::nullopt);
}

TEST(Prefix, Case_matters_unless_it_is_ignored) {
  const std::vector<std::string> prefixes{"Bot "};
  EXPECT_EQ(strip_prefix("bOT go", prefixes, Case::matters), std::nullopt);
  EXPECT_EQ(strip_prefix("bOT go", prefixes, Case::ignored), "go");
}

TEST(Prefix, Is_short_and_has_no_spaces) {
  EXPECT_TRUE(check_prefix("?"));
  EXPECT_FALSE(check_prefix(""));
  EXPECT_FALSE(check_prefix("a b"));
  EXPECT_FALSE(check_prefix(std::string(17, 'x')));
  EXPECT_FALSE(check_prefixes("g", std::vector<std::string>(11, "x")));
}

TEST(CommandRegistry, Refuses_a_declaration_that_could_not_work) {
  CommandRegistry commands;
  const auto refused = [&](Command command) {
    command.run = say_pong;
    auto added = commands.add(std::move(command));
    return added ? "" : added.error().text();
  };
  EXPECT_EQ(refused({.name = "a", .aliases = {"b"}}), "");
  EXPECT_THAT(refused({.name = "a"}), HasSubstr("exists already"));
  EXPECT_THAT(refused({.name = "b"}), HasSubstr("exists already"));
  EXPECT_THAT(refused({.name = "A b"}), HasSubstr("is no name"));
  EXPECT_THAT(refused({.name = "c", .aliases = {"a"}}), HasSubstr("exists already"));
  EXPECT_THAT(
      refused({.name = "c",
               .takes = {.parameters = {{.name = "x", .need = Need::optional}, {.name = "y"}}}}),
      HasSubstr("after an optional one"));
  EXPECT_THAT(
      refused({.name = "c",
               .takes = {.parameters = {{.name = "x", .kind = Kind::rest}, {.name = "y"}}}}),
      HasSubstr("nothing can follow"));
  EXPECT_THAT(refused({.name = "c",
                       .takes = {.parameters = {{.name = "x"}},
                                 .flags = {{.name = "x", .help = "the same"}}}}),
              HasSubstr("two of its arguments are called 'x'"));
  EXPECT_THAT(refused({.name = "c",
                       .takes = {.parameters = {{.name = "x",
                                                 .kind = Kind::choice,
                                                 .choices = std::vector<std::string>(26, "y")}}}}),
              HasSubstr("more than 25 choices"));
  EXPECT_THAT(refused({.name = "c", .summary = std::string(101, 'x')}), HasSubstr("summary"));
  EXPECT_EQ(commands.names(), std::vector<std::string>{"a"}) << "what was refused left nothing";
}

TEST_F(Chat, The_grant_for_one_command_runs_no_other) {
  Command borrow{.name = "borrow", .access = Access::open};
  borrow.run = [this](Invocation invocation) {
    return commands.find("secret")->declaration.run(std::move(invocation));
  };
  add(std::move(borrow));
  say("hey!borrow", Standing::sysadmin);
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("run with the grant for 'borrow'")));
}

TEST(CommandDocs, Tell_of_every_command_what_it_takes_and_whose_it_is) {
  CommandRegistry commands;
  Command days{.name = "days",
               .summary = "Bans for days.",
               .access = Access::owner,
               .run = say_pong,
               .where = Where::guild};
  ASSERT_TRUE(commands.add(
      {.name = "ban",
       .summary = "Bans a member.",
       .takes = {.parameters = {{.name = "user", .kind = Kind::user, .help = "whom"},
                                {.name = "why", .kind = Kind::rest, .need = Need::optional}},
                 .flags = {{.name = "silent", .help = "says nothing"}}},
       .run = say_pong,
       .aliases = {"b"},
       .examples = {"ban @eve"},
       .category = "Moderation",
       .cooldown = Cooldown{.per = Per::guild, .uses = 2, .within = 10s},
       .commands = {days}}));
  EXPECT_EQ(markdown_of(commands, "!"),
            "# Commands\n\n"
            "## Moderation\n\n"
            "### `!ban USER [WHY…] [--silent]`\n\n"
            "Bans a member.\n\n"
            "Who may use it is for each guild to say.\n\n"
            "- `user`: user; whom\n"
            "- `why`: rest, optional\n"
            "- `--silent`: flag; says nothing\n"
            "- also called: b\n"
            "- limited to: 2 times in 10.0 s per guild\n"
            "- example: `!ban @eve`\n\n"
            "### `!ban days`\n\n"
            "Bans for days.\n\n"
            "It is for the bot's owner alone. Only in guilds.\n");
}

TEST(CommandRegistry, Finds_the_deepest_command_that_the_words_name) {
  CommandRegistry commands;
  Command init{.name = "init", .run = say_pong};
  Command ranks{.name = "ranks", .aliases = {"r"}, .commands = {init}};
  ASSERT_TRUE(commands.add({.name = "config", .run = say_pong, .commands = {ranks}}));
  const auto path = [&](std::string_view text) {
    const auto match = commands.match(text);
    return match ? match->node->path + "|" + std::string{match->rest} : "none";
  };
  EXPECT_EQ(path("config ranks init now"), "config ranks init|now");
  EXPECT_EQ(path("CONFIG  R   other"), "config ranks|other");
  EXPECT_EQ(path("config other"), "config|other");
  EXPECT_EQ(path("ranks"), "none");
  commands.remove("config");
  EXPECT_EQ(path("config"), "none");
}

}  // namespace
}  // namespace orrery::chat
