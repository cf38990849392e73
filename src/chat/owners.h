// Who owns and who runs the bot, by the ids their platforms know them by.
#pragma once

#include <algorithm>
#include <set>

#include "chat/message.h"

namespace orrery::chat {

class Owners {
 public:
  Owners() = default;
  explicit Owners(std::set<std::string> ids, std::set<std::string> sysadmins = {})
      : ids_{std::move(ids)}, sysadmins_{std::move(sysadmins)} {}

  // What the author is: what the platform says, or more if the configuration names the id.
  Standing standing_of(const Author& author) const {
    if (ids_.contains(author.id)) return Standing::owner;
    if (sysadmins_.contains(author.id)) return std::max(author.standing, Standing::sysadmin);
    return author.standing;
  }

 private:
  std::set<std::string> ids_;
  std::set<std::string> sysadmins_;
};

}  // namespace orrery::chat
