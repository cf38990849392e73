#include "app/commands/commands.h"

#include <cstdlib>

namespace orrery::app {

void add_commands(chat::CommandRegistry& commands, chat::Prefixes& prefixes, AskStatus ask) {
  for (auto& command : {ping_command(), help_command(commands), status_command(std::move(ask)),
                        prefix_command(prefixes)}) {
    if (!commands.add(command)) std::abort();  // two of ours with one name
  }
}

}  // namespace orrery::app
