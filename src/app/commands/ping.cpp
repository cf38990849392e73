#include "app/commands/commands.h"

namespace orrery::app {
namespace {

Task<std::string> ping(chat::Invocation) { co_return std::string{"pong"}; }

}  // namespace

chat::Command ping_command() {
  return {.name = "ping",
          .summary = "Answers pong.",
          .access = chat::Access::open,
          .run = ping,
          .category = "General"};
}

}  // namespace orrery::app
