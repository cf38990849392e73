// Proof that somebody may do something. Only the check can make one, so what demands a Granted
// cannot be reached past it.
#pragma once

#include "chat/rank.h"

namespace orrery::chat {

// Use a command.
struct Use {};
// Change a guild's rules, up to but not including a rank.
struct Edit {
  std::string guild;
  std::string actor;
  std::string actor_name;
  int ceiling = 0;  // Rank::most + 1: all of them
};

template <class What>
class Granted {
 public:
  const What& operator*() const { return what_; }
  const What* operator->() const { return &what_; }

 private:
  friend class Permissions;
  explicit Granted(What what) : what_{std::move(what)} {}
  What what_;
};

}  // namespace orrery::chat
