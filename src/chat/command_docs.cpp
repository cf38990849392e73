#include "chat/command_docs.h"

#include "core/text.h"

namespace orrery::chat {
namespace {

std::string row(std::string_view term, std::string_view kind, std::string_view help) {
  return help.empty() ? fmt::format("- `{}`: {}", term, kind)
                      : fmt::format("- `{}`: {}; {}", term, kind, help);
}

std::string kind_of(const Parameter& p) {
  auto kind = p.kind == Kind::choice ? join(p.choices, ", ") : std::string{name_of(p.kind)};
  if (p.need == Need::optional) kind += ", optional";
  return kind;
}

std::string_view whose(Access access) {
  switch (access) {
    case Access::open:
      return "Everyone may use it unless it is given a rank.";
    case Access::ranked:
      return "Who may use it is for each guild to say.";
    case Access::owner:
      return "It is for the bot's owner alone.";
  }
  std::unreachable();
}

std::string_view place(Where where) {
  switch (where) {
    case Where::anywhere:
      return "";
    case Where::guild:
      return " Only in guilds.";
    case Where::direct:
      return " Only in direct messages.";
  }
  std::unreachable();
}

std::vector<std::string> items_of(const Command& command, std::string_view prefix) {
  std::vector<std::string> items;
  for (const auto& p : command.takes.parameters) items.push_back(row(p.name, kind_of(p), p.help));
  for (const auto& flag : command.takes.flags) {
    items.push_back(
        row("--" + flag.name, flag.takes ? kind_of(*flag.takes) : std::string{"flag"}, flag.help));
  }
  if (!command.aliases.empty()) items.push_back("- also called: " + join(command.aliases, ", "));
  if (!command.platforms.empty()) items.push_back("- only on: " + join(command.platforms, ", "));
  if (const auto limits = limits_of(command); !limits.empty())
    items.push_back("- limited to: " + limits);
  for (const auto& example : command.examples)
    items.push_back(fmt::format("- example: `{}{}`", prefix, example));
  return items;
}

std::string section(const Node& node, std::string_view prefix) {
  const auto& command = node.declaration;
  std::vector<std::string> parts{fmt::format("### `{}`", usage_of(node, prefix)), command.summary};
  if (!command.details.empty()) parts.push_back(command.details);
  parts.push_back(fmt::format("{}{}", whose(command.access), place(command.where)));
  const auto items = items_of(command, prefix);
  if (!items.empty()) parts.push_back(join(items, "\n"));
  return join(parts, "\n\n");
}

void add_sections(const Node& node, std::string_view prefix, std::vector<std::string>& sections) {
  sections.push_back(section(node, prefix));
  for (const auto& [name, child] : node.children) add_sections(*child, prefix, sections);
}

}  // namespace

std::string limits_of(const Command& command) {
  std::vector<std::string> said;
  if (const auto& limit = command.cooldown) {
    said.push_back(fmt::format("{} time{} in {} per {}", limit->uses, limit->uses == 1 ? "" : "s",
                               human(limit->within), name_of(limit->per)));
  }
  if (const auto& limit = command.concurrency)
    said.push_back(fmt::format("{} at once per {}", limit->most, name_of(limit->per)));
  return join(said, ", ");
}

std::string markdown_of(const CommandRegistry& commands, std::string_view prefix) {
  std::map<std::string, std::vector<std::string>> categories;
  for (const auto& [name, node] : commands.root().children) {
    const auto& category = node->declaration.category;
    add_sections(*node, prefix, categories[category.empty() ? "Other" : category]);
  }
  std::vector<std::string> parts{"# Commands"};
  for (const auto& [category, sections] : categories)
    parts.push_back(fmt::format("## {}\n\n{}", category, join(sections, "\n\n")));
  return join(parts, "\n\n") + "\n";
}

}  // namespace orrery::chat
