// The commands that come with the program, a file each.
#pragma once

#include "chat/services.h"

namespace orrery::app {

// Gives a status line from the control strand; nothing if that took too long.
using AskStatus = std::function<asio::awaitable<std::optional<std::string>>(
    TimePoint deadline, async::StopToken token)>;

// The services outlive the registry that the commands are added to.
chat::Command help_command(const chat::Services& services);
chat::Command maintenance_command(const chat::Services& services);
chat::Command permissions_command(const chat::Services& services);
chat::Command ping_command();
chat::Command prefix_command(const chat::Services& services);
chat::Command status_command(AskStatus ask);
chat::Command timezone_command(const chat::Services& services);
chat::Command why_command(const chat::Services& services);

void add_commands(const chat::Services& services, AskStatus ask);

}  // namespace orrery::app
