// Who and what there is in the guilds of a platform, as far as the platform has told us.
//
// Arguments of commands are looked up here: a mention, an id or a name.
//
// Threads   the bot strand; a lookup returns at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"

namespace orrery::chat {

struct Member {
  std::string id;
  std::string name;
  std::vector<std::string> roles{};
};
struct Role {
  std::string id;
  std::string name;
};
struct Channel {
  std::string id;
  std::string name;
};

class Directory {
 public:
  virtual ~Directory() = default;
  // By id, or by name without regard to case when only one has it.
  virtual std::optional<Member> member(std::string_view guild, std::string_view who) const = 0;
  virtual std::optional<Role> role(std::string_view guild, std::string_view which) const = 0;
  virtual std::optional<Channel> channel(std::string_view guild, std::string_view which) const = 0;
  // What somebody is there, as far as the platform says.
  virtual Standing standing(std::string_view guild, std::string_view member) const = 0;
  virtual std::vector<Role> roles(std::string_view guild) const = 0;
};

class MemoryDirectory final : public Directory {
 public:
  struct Guild {
    std::string owner;
    std::vector<Member> members;
    std::vector<Role> roles;
    std::vector<Channel> channels;
  };
  Guild& operator[](const std::string& guild) { return guilds_[guild]; }

  std::optional<Member> member(std::string_view guild, std::string_view who) const override;
  std::optional<Role> role(std::string_view guild, std::string_view which) const override;
  std::optional<Channel> channel(std::string_view guild, std::string_view which) const override;
  Standing standing(std::string_view guild, std::string_view member) const override;
  std::vector<Role> roles(std::string_view guild) const override;

 private:
  std::map<std::string, Guild, std::less<>> guilds_;
};

}  // namespace orrery::chat
