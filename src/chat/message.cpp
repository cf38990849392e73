#include "chat/message.h"

#include <utility>

namespace orrery::chat {

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::user:
      return "user";
    case Standing::guild_owner:
      return "guild owner";
    case Standing::sysadmin:
      return "sysadmin";
    case Standing::owner:
      return "bot owner";
  }
  std::unreachable();
}

std::string_view name_of(Handled handled) {
  switch (handled) {
    case Handled::answered:
      return "answered";
    case Handled::ignored:
      return "ignored";
    case Handled::failed:
      return "failed";
  }
  std::unreachable();
}

}  // namespace orrery::chat
