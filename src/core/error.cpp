#include "core/error.h"

#include <utility>

namespace orrery {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::limited:
      return "limited";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::internal:
      return "internal";
  }
  std::unreachable();
}

Error Error::with(std::string_view context) && {
  text_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

Error Error::remedy(std::string text) && {
  remedy_ = std::move(text);
  return std::move(*this);
}

Error Error::unsure() && {
  unsure_ = true;
  return std::move(*this);
}

Error Error::retry_after(std::chrono::milliseconds delay) && {
  retry_after_ = delay;
  return std::move(*this);
}

}  // namespace orrery
