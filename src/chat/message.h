// What is said on any chat network, in the words they share.
//
// Source    names as in the Satori protocol, https://satori.chat/en-US/
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace orrery::chat {

enum class Standing { user, owner };

struct Author {
  std::string id;    // unique on the platform
  std::string name;  // for people
  Standing standing = Standing::user;
};

struct Message {
  std::string id;        // given by the platform or its client
  std::string platform;  // "webchat"
  std::string guild;     // where prefixes and permissions are kept apart
  std::string channel;
  Author author;
  std::string text;
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
