#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    add({"ping", "", "Answers.", Audience::everyone, say_pong});
    add({"echo", "TEXT", "Repeats.", Audience::everyone, echo});
    add({"throws", "", "", Audience::everyone, throws});
    add({"fails", "", "", Audience::everyone, fails});
    add({"secret", "", "", Audience::owner, say_pong});
    std::vector<std::unique_ptr<Stage>> stages;
    stages.push_back(std::make_unique<CommandStage>(commands, prefixes, journal));
    pipeline = std::make_unique<Pipeline>(
        Pipeline::Environment{{io.get_executor(), std::make_shared<async::Busy>()},
                              clock,
                              journal,
                              1s,
                              Owners{{"boss"}}},
        std::move(stages));
  }
  ~Chat() override { io.run(); }

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
  Journal journal;
  CommandRegistry commands;
  MemoryPrefixes prefixes{"!"};
  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(Chat, A_command_is_answered_and_then_reported_as_handled_once) {
  say("!ping");
  EXPECT_THAT(heard->replies, ElementsAre("pong"));
  EXPECT_THAT(heard->ends, ElementsAre(Handled::answered));
}

TEST_F(Chat, Names_ignore_case_and_arguments_are_trimmed) {
  say("  !ECHO   a  b ");
  EXPECT_THAT(heard->replies, ElementsAre("a  b"));
}

TEST_F(Chat, Talk_is_ignored_and_still_reported) {
  for (const auto* text : {"hello", "! hello", "!!!", "", "!"}) say(text);
  EXPECT_TRUE(heard->replies.empty());
  EXPECT_THAT(heard->ends, testing::Each(Handled::ignored));
  EXPECT_EQ(heard->ends.size(), 5U);
}

TEST_F(Chat, A_mistyped_command_suggests_the_nearest) {
  say("!pign");
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("Did you mean !ping?")));
}

TEST_F(Chat, A_command_that_throws_or_fails_is_answered_and_reported_as_failed) {
  say("!throws");
  say("!fails");
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("failed"), "no luck\ntry again"));
  EXPECT_THAT(heard->ends, ElementsAre(Handled::failed, Handled::failed));
}

TEST_F(Chat, Owner_commands_are_for_owners) {
  say("!secret");
  say("!secret", Standing::owner);
  EXPECT_THAT(heard->replies, ElementsAre(HasSubstr("Only the owner"), "pong"));
}

TEST_F(Chat, An_id_that_the_configuration_names_is_an_owner) {
  say("!secret", Standing::user, "boss");
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

TEST(Prefix, The_longest_match_wins) {
  EXPECT_EQ(strip_prefix("!!go", {"!", "!!"}), "go");
  EXPECT_EQ(strip_prefix("go", {"!"}), std::nullopt);
}

TEST(Prefix, Is_short_and_has_no_spaces) {
  EXPECT_TRUE(check_prefix("?"));
  EXPECT_FALSE(check_prefix(""));
  EXPECT_FALSE(check_prefix("a b"));
  EXPECT_FALSE(check_prefix(std::string(17, 'x')));
}

TEST(CommandRegistry, Refuses_a_name_that_is_taken_or_is_none) {
  CommandRegistry commands;
  EXPECT_TRUE(commands.add({"a", "", "", Audience::everyone, say_pong}));
  EXPECT_EQ(commands.add({"a", "", "", Audience::everyone, say_pong}).error().kind(),
            ErrorKind::conflict);
  EXPECT_EQ(commands.add({"A b", "", "", Audience::everyone, say_pong}).error().kind(),
            ErrorKind::invalid);
}

}  // namespace
}  // namespace orrery::chat
