// The people of the web chat: whoever has come through the door since it opened.
//
// There are no roles, and a conversation is a channel, taken at its word. Who speaks as somebody
// from the command line is known by name at any time: their id is made of it.
//
// Threads   any.
// Limits    the last 10,000 who came.
#pragma once

#include <deque>

#include "chat/directory.h"
#include "core/guarded.h"

namespace orrery::platforms::webchat {

inline constexpr const char* bot_name = "orrery";  // what it is called there: "@orrery ping"

struct Visitor {
  std::string id;
  std::string name;
  chat::Standing standing = chat::Standing::user;
};

class Visitors final : public chat::Directory {
 public:
  static constexpr std::size_t most = 10'000;

  void came(const Visitor& visitor);

  std::optional<chat::Member> member(std::string_view guild, std::string_view who) const override;
  std::optional<chat::Role> role(std::string_view, std::string_view) const override { return {}; }
  std::optional<chat::Channel> channel(std::string_view guild,
                                       std::string_view which) const override;
  chat::Standing standing(std::string_view guild, std::string_view member) const override;
  std::vector<chat::Role> roles(std::string_view) const override { return {}; }

 private:
  std::optional<Visitor> find(std::string_view who) const;

  Guarded<std::deque<Visitor>> visitors_;  // the latest first
};

}  // namespace orrery::platforms::webchat
