// The commands that come with the program, a file each.
#pragma once

#include "chat/command.h"
#include "chat/prefixes.h"

namespace orrery::app {

// Gives a status line from the control strand; nothing if that took too long.
using AskStatus = std::function<asio::awaitable<std::optional<std::string>>(
    TimePoint deadline, async::StopToken token)>;

chat::Command ping_command();
chat::Command help_command(const chat::CommandRegistry& commands);
chat::Command status_command(AskStatus ask);
chat::Command prefix_command(chat::Prefixes& prefixes);

void add_commands(chat::CommandRegistry& commands, chat::Prefixes& prefixes, AskStatus ask);

}  // namespace orrery::app
