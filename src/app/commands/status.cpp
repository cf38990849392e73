#include "app/commands/commands.h"

namespace orrery::app {
namespace {

Task<std::string> status(AskStatus ask, chat::Invocation invocation) {
  auto asking = ask(invocation.deadline, invocation.token);
  auto line = co_await std::move(asking);
  if (!line) co_return fail(ErrorKind::timeout, "The control strand did not answer in time.");
  co_return std::move(*line);
}

}  // namespace

chat::Command status_command(AskStatus ask) {
  return {.name = "status",
          .summary = "Says how the bot is.",
          .access = chat::Access::open,
          .run = [ask](chat::Invocation invocation) { return status(ask, std::move(invocation)); },
          .category = "General"};
}

}  // namespace orrery::app
