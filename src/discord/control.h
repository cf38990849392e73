// What the rest of the program may ask of the Discord feature.
#pragma once

#include <boost/json/array.hpp>

#include "chat/command.h"

namespace orrery::discord {

// All commands as Discord's application commands, the body that overwrites those of an application.
//
// What Discord can't say is put in the nearest way it can: a command that has sub-commands can't
// be used by itself there, so it is one more of them, by its own name; a rest is a text; a flag is
// an optional argument. Ranks stay our business; what is for the bot's owner alone is hidden from
// everyone without the administrator's permission. Commands of other platforms are left out.
//
// Source    https://discord.com/developers/docs/interactions/application-commands
boost::json::array application_commands(const chat::CommandRegistry& commands);

}  // namespace orrery::discord
