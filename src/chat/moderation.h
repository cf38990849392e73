// What a bot may do to members of a guild, where the platform lets it: the port that platforms with
// guilds implement.
//
// Threads   the bot strand.
#pragma once

#include <string>

#include "async/patience.h"
#include "async/task.h"

namespace orrery::chat {

class Moderation {
 public:
  struct Target {
    std::string guild;
    std::string user;
    std::string reason;  // for the platform's own log
  };
  virtual ~Moderation() = default;

  // Errors, here and below: denied (the platform does not let the bot), not_found (no such member,
  // role or message), unavailable, timeout, cancelled.
  virtual Task<> ban(Target target, async::Patience patience) = 0;
  virtual Task<> unban(Target target, async::Patience patience) = 0;
  virtual Task<> kick(Target target, async::Patience patience) = 0;
  // Silent until then; a span of zero ends it.
  virtual Task<> time_out(Target target, Duration span, async::Patience patience) = 0;
  virtual Task<> give_role(Target target, std::string role, async::Patience patience) = 0;
  virtual Task<> take_role(Target target, std::string role, async::Patience patience) = 0;
  virtual Task<> remove_message(std::string guild, std::string channel, std::string message,
                                async::Patience patience) = 0;
};

}  // namespace orrery::chat
