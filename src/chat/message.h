// What is said on any chat network, in the words they share.
//
// Source    names as in the Satori protocol, https://satori.chat/en-US/
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::chat {

// What somebody is, before any rank: `owner` and `sysadmin` of the bot, `guild_owner` of the place.
enum class Standing { user, guild_owner, sysadmin, owner };
std::string_view name_of(Standing standing);

struct Author {
  std::string id;    // unique on the platform
  std::string name;  // for people
  Standing standing = Standing::user;
  std::vector<std::string> roles{};  // of the guild, by their ids
};

class Directory;
class Moderation;

struct Message {
  std::string id;        // given by the platform or its client
  std::string platform;  // "webchat"
  std::string guild;     // where prefixes and permissions are kept apart; empty: a direct message
  std::string channel;
  Author author;
  std::string text;
  std::string self{};                    // the bot's own id there, for mentions of it
  const Directory* directory = nullptr;  // who and what is there, if the platform has guilds;
  Moderation* moderation = nullptr;      // what may be done to them; both outlive the pipeline
};

// What became of a message.
enum class Handled { answered, ignored, failed };
std::string_view name_of(Handled handled);

// Where answers to one message go. Called on the bot strand; takes them to its platform.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void reply(const Message& to, std::string text) = 0;
  // The last word about the message: no reply comes after it.
  virtual void handled(const Message& message, Handled how) = 0;
};

}  // namespace orrery::chat
