#include <algorithm>

#include "app/commands/commands.h"
#include "chat/command_docs.h"
#include "core/text.h"

namespace orrery::app {
namespace {

using chat::Node;

// Who asks is shown what they may use, and what holds something they may use.
bool may_use(const chat::Services& services, const Node& node, const chat::Message& message) {
  if (services.permissions.may_use(node, message)) return true;
  return std::ranges::any_of(
      node.children, [&](const auto& child) { return may_use(services, *child.second, message); });
}

std::string line(const Node& node, const std::string& prefix) {
  return fmt::format("{:<28} {}{}", chat::usage_of(node, prefix), node.declaration.summary,
                     node.declaration.access == chat::Access::owner ? " (owner)" : "");
}

std::string list(const chat::Services& services, const chat::Invocation& invocation) {
  std::map<std::string, std::vector<std::string>> categories;
  for (const auto& [name, node] : services.commands.root().children) {
    if (!may_use(services, *node, invocation.message())) continue;
    const auto& category = node->declaration.category;
    categories[category.empty() ? "Other" : category].push_back(line(*node, invocation.prefix));
  }
  std::vector<std::string> parts;
  for (const auto& [category, lines] : categories)
    parts.push_back(category + "\n" + join(lines, "\n"));
  parts.push_back(fmt::format("{}help COMMAND explains one.", invocation.prefix));
  return join(parts, "\n\n");
}

std::string parameter_line(const chat::Parameter& p) {
  return fmt::format("  {:<14} {}{}", p.name, p.help.empty() ? chat::name_of(p.kind) : p.help,
                     p.need == chat::Need::optional ? " (optional)" : "");
}

std::string explain(const Node& node, const std::string& prefix) {
  const auto& command = node.declaration;
  std::vector<std::string> lines{chat::usage_of(node, prefix), command.summary};
  if (!command.details.empty()) lines.push_back(command.details);
  for (const auto& p : command.takes.parameters) lines.push_back(parameter_line(p));
  for (const auto& flag : command.takes.flags)
    lines.push_back(fmt::format("  --{:<12} {}", flag.name, flag.help));
  if (!command.aliases.empty()) lines.push_back("Also called: " + join(command.aliases, ", "));
  if (const auto limits = chat::limits_of(command); !limits.empty())
    lines.push_back("Limited: " + limits);
  for (const auto& example : command.examples)
    lines.push_back(fmt::format("Example: {}{}", prefix, example));
  for (const auto& [name, child] : node.children) lines.push_back(line(*child, prefix));
  return join(lines, "\n");
}

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> help(const chat::Services& services, chat::Invocation invocation) {
  if (!invocation.given.has("command")) co_return list(services, invocation);
  const auto path = lower(invocation.given.text("command"));
  const auto node = services.commands.find(path);
  if (node) co_return explain(*node, invocation.prefix);
  co_return fail(ErrorKind::not_found, "There is no command '{}'{}", printable(path.substr(0, 64)),
                 did_you_mean(path.substr(0, 64), services.commands.names()));
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command help_command(const chat::Services& services) {
  return {.name = "help",
          .summary = "Lists the commands you may use, or explains one.",
          .access = chat::Access::open,
          .takes = {.parameters = {{.name = "command",
                                    .kind = chat::Kind::rest,
                                    .help = "the command to explain",
                                    .need = chat::Need::optional}}},
          .run = [&services](
                     chat::Invocation invocation) { return help(services, std::move(invocation)); },
          .examples = {"help prefix"},
          .category = "General"};
}

}  // namespace orrery::app
