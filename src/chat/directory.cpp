#include "chat/directory.h"

#include "core/text.h"

namespace orrery::chat {
namespace {

template <class Guilds, class List>
auto find(const Guilds& guilds, std::string_view guild, List list, std::string_view wanted)
    -> std::optional<std::remove_cvref_t<decltype((guilds.begin()->second.*list).front())>> {
  const auto at = guilds.find(guild);
  if (at == guilds.end()) return std::nullopt;
  std::remove_cvref_t<decltype((at->second.*list).front())> const* named = nullptr;
  int namesakes = 0;
  for (const auto& entry : at->second.*list) {
    if (entry.id == wanted) return entry;
    if (lower(entry.name) != lower(wanted)) continue;
    named = &entry;
    ++namesakes;
  }
  if (namesakes != 1) return std::nullopt;  // of several with one name only an id tells which
  return *named;
}

}  // namespace

std::optional<Member> MemoryDirectory::member(std::string_view guild, std::string_view who) const {
  return find(guilds_, guild, &Guild::members, who);
}

std::optional<Role> MemoryDirectory::role(std::string_view guild, std::string_view which) const {
  return find(guilds_, guild, &Guild::roles, which);
}

std::optional<Channel> MemoryDirectory::channel(std::string_view guild,
                                                std::string_view which) const {
  return find(guilds_, guild, &Guild::channels, which);
}

Standing MemoryDirectory::standing(std::string_view guild, std::string_view member) const {
  const auto at = guilds_.find(guild);
  const bool owns = at != guilds_.end() && at->second.owner == member;
  return owns ? Standing::guild_owner : Standing::user;
}

std::vector<Role> MemoryDirectory::roles(std::string_view guild) const {
  const auto at = guilds_.find(guild);
  return at == guilds_.end() ? std::vector<Role>{} : at->second.roles;
}

}  // namespace orrery::chat
