// A value or an Error; ignoring one does not compile.
//
//   auto file = open(path);
//   if (!file) return fail(std::move(file).error().with("reading the token"));
#pragma once

#include <expected>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace orrery {

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result() = default;
};

inline std::unexpected<Error> fail(Error error) { return std::unexpected{std::move(error)}; }

template <class... Args>
std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected{Error{kind, fmt::format(text, std::forward<Args>(args)...)}};
}

}  // namespace orrery
