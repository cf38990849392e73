// The reference of all commands, made from their declarations.
#pragma once

#include "chat/command.h"

namespace orrery::chat {

// In Markdown: a section for each category, with each command's usage, arguments, flags, limits
// and examples.
std::string markdown_of(const CommandRegistry& commands, std::string_view prefix);

// "2 times in 10s per user, 1 at once per guild"; empty if there are none.
std::string limits_of(const Command& command);

}  // namespace orrery::chat
