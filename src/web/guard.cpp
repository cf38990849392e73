#include "web/guard.h"

#include <utility>

namespace orrery::web {

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::read:
      return "read";
    case Scope::chat:
      return "chat";
    case Scope::operate:
      return "operate";
    case Scope::manage:
      return "manage";
  }
  std::unreachable();
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const auto scope : {Scope::read, Scope::chat, Scope::operate, Scope::manage}) {
    if (name_of(scope) == name) return scope;
  }
  return std::nullopt;
}

}  // namespace orrery::web
