#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

std::string line(const std::string& prefix, const chat::Command& command) {
  const auto call = prefix + command.name + (command.usage.empty() ? "" : " " + command.usage);
  return fmt::format("{:<24} {}{}", call, command.summary,
                     command.audience == chat::Audience::owner ? " (owner)" : "");
}

// The registry holds the command.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> help(const chat::CommandRegistry& commands, chat::Invocation invocation) {
  if (!invocation.arguments.empty()) {
    const auto* command = commands.find(invocation.arguments);
    if (command != nullptr) co_return line(invocation.prefix, *command);
    co_return fail(ErrorKind::not_found, "There is no command '{}'{}",
                   printable(invocation.arguments.substr(0, 32)),
                   did_you_mean(invocation.arguments.substr(0, 32), commands.names()));
  }
  std::string text;
  for (const auto& [name, command] : commands.all()) {
    text += (text.empty() ? "" : "\n") + line(invocation.prefix, command);
  }
  co_return text;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command help_command(const chat::CommandRegistry& commands) {
  return {.name = "help",
          .usage = "[COMMAND]",
          .summary = "Lists the commands, or explains one.",
          .audience = chat::Audience::everyone,
          .run = [&commands](chat::Invocation invocation) {
            return help(commands, std::move(invocation));
          }};
}

}  // namespace orrery::app
