#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

// Outlives the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> prefix(chat::Prefixes& prefixes, chat::Invocation invocation) {
  const auto guild = invocation.message.guild;
  if (invocation.arguments.empty()) {
    const auto current = prefixes.of(guild);
    co_return fmt::format("Commands begin with {} here.", join(current, " or "));
  }
  if (invocation.message.author.standing != chat::Standing::owner) {
    co_return fail(ErrorKind::denied, "Only the owner may change the prefix.");
  }
  auto setting = prefixes.set(guild, invocation.arguments, invocation.deadline, invocation.token);
  auto set = co_await std::move(setting);
  if (!set) co_return fail(std::move(set).error());
  co_return fmt::format("Commands begin with {} here from now on.", invocation.arguments);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command prefix_command(chat::Prefixes& prefixes) {
  return {.name = "prefix",
          .usage = "[PREFIX]",
          .summary = "Shows or changes what commands begin with.",
          .audience = chat::Audience::everyone,
          .run = [&prefixes](chat::Invocation invocation) {
            return prefix(prefixes, std::move(invocation));
          }};
}

}  // namespace orrery::app
