#include "app/commands/commands.h"

namespace orrery::app {
namespace {

Task<std::string> ping(chat::Invocation) { co_return std::string{"pong"}; }

}  // namespace

chat::Command ping_command() {
  return {.name = "ping",
          .usage = "",
          .summary = "Answers pong.",
          .audience = chat::Audience::everyone,
          .run = ping};
}

}  // namespace orrery::app
