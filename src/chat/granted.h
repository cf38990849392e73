// Proof that somebody may do something. Only the check can make one, and each is for one thing, so
// what demands a Granted cannot be reached past it.
#pragma once

#include "chat/guild_rules.h"

namespace orrery::chat {

// Use one command, as one person, in one place.
struct Use {
  std::string command;  // its path
  std::string user;
  std::string guild;
};
// Change a guild's rules. How far is found anew when the change is made.
struct Edit {
  Someone who;
  std::string command;  // that they do it with
};

template <class What>
class Granted {
 public:
  Granted(Granted&&) noexcept = default;
  Granted& operator=(Granted&&) noexcept = default;
  Granted(const Granted&) = delete;
  Granted& operator=(const Granted&) = delete;

  const What& operator*() const { return what_; }
  const What* operator->() const { return &what_; }

 private:
  friend class Permissions;
  explicit Granted(What what) : what_{std::move(what)} {}
  What what_;
};

}  // namespace orrery::chat
