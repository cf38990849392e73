#include "chat/settings.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::chat {
namespace {

constexpr const char* maintenance_setting = "maintenance";

void put(Settings::Values& values, std::string name, std::optional<std::string> value) {
  if (value) {
    values[std::move(name)] = std::move(*value);
  } else {
    values.erase(name);
  }
}

}  // namespace

Result<> check_setting(std::string_view name, const std::optional<std::string>& value) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (name.empty() || name.size() > 64 || !std::ranges::all_of(name, fits))
    return fail(ErrorKind::invalid, "'{}' is not the name of a setting", printable(name));
  if (value && (value->empty() || value->size() > 1000 || !is_utf8(*value)))
    return fail(ErrorKind::invalid, "a setting is text of 1 to 1,000 bytes");
  return {};
}

const std::string* maintenance(const Settings& settings) {
  return settings.of_guild(everywhere, maintenance_setting);
}

// The settings outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<> set_maintenance(Settings& settings, std::optional<std::string> reason, Author by,
                       Patience patience) {
  if (reason && (reason->size() > 200 || !is_visible(*reason, Spaces::fine)))
    co_return fail(ErrorKind::invalid, "a reason has 1 to 200 visible bytes");
  auto setting = settings.set_of_guild(everywhere, maintenance_setting, std::move(reason),
                                       std::move(by), std::move(patience));
  co_return co_await std::move(setting);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

const std::string* MemorySettings::of_guild(std::string_view guild, std::string_view name) const {
  const auto at = guilds_.find(guild);
  if (at == guilds_.end()) return nullptr;
  const auto value = at->second.find(name);
  return value == at->second.end() ? nullptr : &value->second;
}

Task<> MemorySettings::set_of_guild(std::string guild, std::string name,
                                    std::optional<std::string> value, Author, Patience) {
  if (auto good = check_setting(name, value); !good) co_return good;
  put(guilds_[guild], std::move(name), std::move(value));
  co_return Result<>{};
}

Task<Settings::Values> MemorySettings::of_person(std::string person, Patience) {
  co_return people_[person];
}

Task<> MemorySettings::set_of_person(std::string person, std::string name,
                                     std::optional<std::string> value, Patience) {
  if (auto good = check_setting(name, value); !good) co_return good;
  put(people_[person], std::move(name), std::move(value));
  co_return Result<>{};
}

}  // namespace orrery::chat
