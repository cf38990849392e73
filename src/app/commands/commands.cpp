#include "app/commands/commands.h"

#include <cstdlib>

namespace orrery::app {

void add_commands(const chat::Services& services, AskStatus ask) {
  for (auto& command :
       {help_command(services), maintenance_command(services), permissions_command(services),
        ping_command(), prefix_command(services), status_command(std::move(ask)),
        timezone_command(services), why_command(services)}) {
    if (!services.commands.add(command)) std::abort();  // two of ours with one name
  }
}

}  // namespace orrery::app
