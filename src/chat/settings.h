// What guilds and people have chosen: small named texts, kept by a port.
//
// A guild's are in memory (they are needed with every message); a person's are read when needed.
//
// Threads   the bot strand.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "async/patience.h"
#include "async/task.h"
#include "chat/message.h"

namespace orrery::chat {

using async::Patience;

// Settings of the bot itself are those of the guild without a name.
inline constexpr const char* everywhere = "";

class Settings {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  virtual ~Settings() = default;
  // Nothing where it was not set. Valid until the next change.
  virtual const std::string* of_guild(std::string_view guild, std::string_view name) const = 0;
  // Nothing as a value: back to the default. Kept with an entry of the audit log.
  // Errors: invalid (see check_setting), and those of whatever keeps it; nothing has changed then.
  virtual Task<> set_of_guild(std::string guild, std::string name, std::optional<std::string> value,
                              Author by, Patience patience) = 0;
  virtual Task<Values> of_person(std::string person, Patience patience) = 0;
  virtual Task<> set_of_person(std::string person, std::string name,
                               std::optional<std::string> value, Patience patience) = 0;
};

// Without an audit log.
class MemorySettings final : public Settings {
 public:
  const std::string* of_guild(std::string_view guild, std::string_view name) const override;
  Task<> set_of_guild(std::string guild, std::string name, std::optional<std::string> value,
                      Author by, Patience patience) override;
  Task<Values> of_person(std::string person, Patience patience) override;
  Task<> set_of_person(std::string person, std::string name, std::optional<std::string> value,
                       Patience patience) override;

 private:
  std::map<std::string, Values, std::less<>> guilds_;
  std::map<std::string, Values, std::less<>> people_;
};

// While it lasts only the bot's owner is served, and everyone else is told the reason.
const std::string* maintenance(const Settings& settings);  // nothing: everyone is served
// Errors: invalid (a reason of other than 1 to 200 visible bytes), and those of set_of_guild.
Task<> set_maintenance(Settings& settings, std::optional<std::string> reason, Author by,
                       Patience patience);

// Names have up to 64 bytes of a-z, 0-9, '.', '-' and '_'; values 1 to 1,000 bytes of text.
Result<> check_setting(std::string_view name, const std::optional<std::string>& value);

}  // namespace orrery::chat
