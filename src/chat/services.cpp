#include "chat/services.h"

namespace orrery::chat {

Someone someone(const Services& services, const Message& seen_from, const Member& member) {
  Someone one{.guild = seen_from.guild,
              .channel = seen_from.channel,
              .author = {member.id, member.name, Standing::user, member.roles}};
  if (member.id == seen_from.author.id) one.author = seen_from.author;
  const auto* directory = seen_from.directory;
  if (directory != nullptr) {
    const auto standing = directory->standing(one.guild, member.id);
    one.author.standing = std::max(one.author.standing, standing);
  }
  one.author.standing = services.owners.standing_of(one.author);
  return one;
}

}  // namespace orrery::chat
