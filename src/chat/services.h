// What the bot has to offer once it is up, in one hand: for commands, plugins and the dashboard.
//
// Threads   the bot strand.
#pragma once

#include "chat/command.h"
#include "chat/owners.h"
#include "chat/permissions.h"
#include "chat/prefixes.h"
#include "chat/settings.h"

namespace orrery::chat {

struct Services {
  CommandRegistry& commands;
  Prefixes& prefixes;
  Permissions& permissions;
  Settings& settings;
  const Owners& owners;
};

// A member of a guild as the permissions see them, as far as the directory knows.
Someone someone(const Services& services, const Message& seen_from, const Member& member);

}  // namespace orrery::chat
