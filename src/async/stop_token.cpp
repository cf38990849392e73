#include "async/stop_token.h"

namespace orrery::async {

std::string_view name_of(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return "none";
    case StopReason::shutdown:
      return "shutdown";
    case StopReason::rollback:
      return "rollback";
    case StopReason::restart:
      return "restart";
    case StopReason::deadline:
      return "deadline";
    case StopReason::hurry:
      return "hurry";
    case StopReason::finished:
      return "finished";
  }
  std::unreachable();
}

}  // namespace orrery::async
