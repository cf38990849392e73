// Source    https://discord.com/developers/docs/interactions/application-commands
#include <algorithm>

#include <boost/json.hpp>

#include "core/text.h"
#include "discord/control.h"

namespace orrery::discord {
namespace {

namespace json = boost::json;
using chat::Kind;
using chat::Node;
using chat::Parameter;

constexpr int chat_input = 1;      // the type of a command that is typed
constexpr std::size_t most = 100;  // characters of a description
constexpr double most_length = 6000;
constexpr double most_number = 9007199254740992;  // 2^53: what JSON keeps exactly

enum class Option {
  sub_command = 1,
  sub_command_group = 2,
  string = 3,
  integer = 4,
  boolean = 5,
  user = 6,
  channel = 7,
  role = 8,
  number = 10,
};

Option option_for(Kind kind) {
  switch (kind) {
    case Kind::text:
    case Kind::rest:
    case Kind::duration:
    case Kind::choice:
      return Option::string;
    case Kind::integer:
      return Option::integer;
    case Kind::number:
      return Option::number;
    case Kind::yes_no:
      return Option::boolean;
    case Kind::user:
      return Option::user;
    case Kind::role:
      return Option::role;
    case Kind::channel:
      return Option::channel;
  }
  std::unreachable();
}

// A description is never empty, and is cut between two characters.
std::string description(const std::string& text, const std::string& otherwise) {
  const auto& said = text.empty() ? otherwise : text;
  auto end = std::min(said.size(), most);
  while (end > 0 && end < said.size() && (static_cast<unsigned char>(said[end]) & 0xC0) == 0x80)
    --end;
  return said.substr(0, end);
}

json::object option(Option type, const std::string& name, const std::string& help) {
  return {
      {"type", static_cast<int>(type)}, {"name", name}, {"description", description(help, name)}};
}

void put_number(json::object& to, const char* key, double value, Kind kind) {
  if (std::abs(value) > most_number) return;  // no limit
  if (kind == Kind::number) {
    to[key] = value;
  } else {
    to[key] = static_cast<std::int64_t>(value);
  }
}

void put_limits(json::object& to, const Parameter& p) {
  if (p.kind == Kind::integer || p.kind == Kind::number) {
    put_number(to, "min_value", p.least, p.kind);
    put_number(to, "max_value", p.most, p.kind);
  }
  if (p.kind == Kind::text || p.kind == Kind::rest) {
    if (p.least > 0 && p.least <= most_length) put_number(to, "min_length", p.least, p.kind);
    if (p.most > 0 && p.most <= most_length) put_number(to, "max_length", p.most, p.kind);
  }
  if (p.kind != Kind::choice) return;
  json::array choices;
  for (const auto& choice : p.choices) choices.push_back({{"name", choice}, {"value", choice}});
  to["choices"] = std::move(choices);
}

json::array options_of(const chat::Declaration& takes) {
  json::array options;
  for (const auto& p : takes.parameters) {
    auto made = option(option_for(p.kind), p.name, p.help);
    made["required"] = p.need == chat::Need::required;
    put_limits(made, p);
    options.push_back(std::move(made));
  }
  for (const auto& flag : takes.flags) {
    const auto type = flag.takes ? option_for(flag.takes->kind) : Option::boolean;
    auto made = option(type, flag.name, flag.help);
    made["required"] = false;
    if (flag.takes) put_limits(made, *flag.takes);
    options.push_back(std::move(made));
  }
  return options;
}

json::object sub_command(const Node& node) {
  const auto& command = node.declaration;
  auto made = option(Option::sub_command, command.name, command.summary);
  made["options"] = options_of(command.takes);
  return made;
}

// The sub-commands of a command or of a group, with itself among them if it can be used.
json::array sub_commands(const Node& node) {
  json::array made;
  if (node.declaration.run && !node.child(node.declaration.name)) made.push_back(sub_command(node));
  for (const auto& [name, child] : node.children) {
    if (child->children.empty()) {
      made.push_back(sub_command(*child));
      continue;
    }
    auto group = option(Option::sub_command_group, name, child->declaration.summary);
    group["options"] = sub_commands(*child);
    made.push_back(std::move(group));
  }
  return made;
}

json::array contexts_of(chat::Where where) {
  constexpr int guild = 0;
  constexpr int direct = 1;
  switch (where) {
    case chat::Where::anywhere:
      return {guild, direct};
    case chat::Where::guild:
      return {guild};
    case chat::Where::direct:
      return {direct};
  }
  std::unreachable();
}

json::object command_of(const Node& node) {
  const auto& command = node.declaration;
  json::object made{
      {"type", chat_input},
      {"name", command.name},
      {"description", description(command.summary, command.name)},
      {"contexts", contexts_of(command.where)},
      {"options", node.children.empty() ? options_of(command.takes) : sub_commands(node)}};
  if (command.access == chat::Access::owner) made["default_member_permissions"] = "0";
  return made;
}

bool is_for_discord(const chat::Command& command) {
  const auto& platforms = command.platforms;
  return platforms.empty() || std::ranges::find(platforms, "discord") != platforms.end();
}

}  // namespace

json::array application_commands(const chat::CommandRegistry& commands) {
  json::array made;
  for (const auto& [name, node] : commands.root().children) {
    if (is_for_discord(node->declaration)) made.push_back(command_of(*node));
  }
  return made;
}

}  // namespace orrery::discord
