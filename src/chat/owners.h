// Who owns the bot, by the ids their platforms know them by.
#pragma once

#include <set>

#include "chat/message.h"

namespace orrery::chat {

class Owners {
 public:
  Owners() = default;
  explicit Owners(std::set<std::string> ids) : ids_{std::move(ids)} {}

  // What the author may do: what the platform says, or more if the configuration names the id.
  Standing standing_of(const Author& author) const {
    return ids_.contains(author.id) ? Standing::owner : author.standing;
  }

 private:
  std::set<std::string> ids_;
};

}  // namespace orrery::chat
