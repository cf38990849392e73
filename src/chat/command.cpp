#include "chat/command.h"

#include <algorithm>

namespace orrery::chat {

Result<> CommandRegistry::add(Command command) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (command.name.empty() || command.name.size() > 32 ||
      !std::ranges::all_of(command.name, fits)) {
    return fail(ErrorKind::invalid, "'{}' is not a command name: use up to 32 of a-z, 0-9, - and _",
                command.name);
  }
  const auto name = command.name;
  if (!commands_.emplace(name, std::move(command)).second) {
    return fail(ErrorKind::conflict, "the command '{}' exists already", name);
  }
  return {};
}

void CommandRegistry::remove(std::string_view name) {
  const auto at = commands_.find(name);
  if (at != commands_.end()) commands_.erase(at);
}

const Command* CommandRegistry::find(std::string_view name) const {
  const auto at = commands_.find(name);
  return at == commands_.end() ? nullptr : &at->second;
}

std::vector<std::string> CommandRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands_) names.push_back(name);
  return names;
}

}  // namespace orrery::chat
