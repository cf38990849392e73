#include "chat/message.h"

#include <utility>

namespace orrery::chat {

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
