#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "discord/control.h"

namespace orrery::discord {
namespace {

namespace json = boost::json;
using namespace chat;

asio::awaitable<Result<std::string>> nothing(Invocation) { co_return std::string{}; }

json::array made_of(Command command) {
  CommandRegistry commands;
  EXPECT_TRUE(commands.add(std::move(command)));
  return application_commands(commands);
}

TEST(ApplicationCommands, Arguments_and_flags_become_options_with_their_limits) {
  const auto made =
      made_of({.name = "ban",
               .summary = "Bans a member.",
               .takes = {.parameters = {{.name = "user", .kind = Kind::user, .help = "whom"},
                                        {.name = "days",
                                         .kind = Kind::integer,
                                         .need = Need::optional,
                                         .least = 0,
                                         .most = 7},
                                        {.name = "why",
                                         .kind = Kind::choice,
                                         .need = Need::optional,
                                         .choices = {"spam", "rude"}}},
                         .flags = {{.name = "silent", .help = "without a word"}}},
               .run = nothing,
               .where = Where::guild});
  EXPECT_EQ(made, json::parse(R"([{
    "type": 1, "name": "ban", "description": "Bans a member.", "contexts": [0],
    "options": [
      {"type": 6, "name": "user", "description": "whom", "required": true},
      {"type": 4, "name": "days", "description": "days", "required": false,
       "min_value": 0, "max_value": 7},
      {"type": 3, "name": "why", "description": "why", "required": false,
       "choices": [{"name": "spam", "value": "spam"}, {"name": "rude", "value": "rude"}]},
      {"type": 5, "name": "silent", "description": "without a word", "required": false}]}])"));
}

TEST(ApplicationCommands, A_command_with_sub_commands_is_one_of_them_by_its_own_name) {
  const auto made = made_of({.name = "prefix",
                             .summary = "Shows the prefix.",
                             .run = nothing,
                             .commands = {{.name = "set", .summary = "Sets it.", .run = nothing}}});
  EXPECT_EQ(made.at(0).at("options"), json::parse(R"([
    {"type": 1, "name": "prefix", "description": "Shows the prefix.", "options": []},
    {"type": 1, "name": "set", "description": "Sets it.", "options": []}])"));
}

TEST(ApplicationCommands, A_group_within_a_command_is_a_sub_command_group) {
  const auto made = made_of(
      {.name = "config",
       .summary = "Configures.",
       .commands = {{.name = "ranks",
                     .summary = "Ranks.",
                     .commands = {{.name = "init", .summary = "Makes them.", .run = nothing}}}}});
  EXPECT_EQ(made.at(0).at("options"), json::parse(R"([
    {"type": 2, "name": "ranks", "description": "Ranks.", "options": [
      {"type": 1, "name": "init", "description": "Makes them.", "options": []}]}])"));
}

TEST(ApplicationCommands, What_is_the_owners_is_hidden_and_what_is_elsewhere_left_out) {
  EXPECT_EQ(made_of({.name = "shut", .summary = "Shuts.", .access = Access::owner, .run = nothing})
                .at(0)
                .at("default_member_permissions")
                .as_string(),
            "0");
  EXPECT_TRUE(
      made_of({.name = "irc", .summary = "Irc.", .run = nothing, .platforms = {"irc"}}).empty());
}

TEST(ApplicationCommands, A_long_help_is_cut_between_characters) {
  std::string help(99, 'x');
  help += "é and more";
  const auto made = made_of({.name = "say",
                             .summary = "Says.",
                             .takes = {.parameters = {{.name = "what", .help = help}}},
                             .run = nothing});
  EXPECT_EQ(made.at(0).at("options").at(0).at("description").as_string(), std::string(99, 'x'));
}

}  // namespace
}  // namespace orrery::discord
