// A number of bytes, so that a size is never mistaken for a count.
#pragma once

#include <cstddef>

namespace orrery {

struct Bytes {
  std::size_t count = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes operator""_KiB(unsigned long long n) { return {static_cast<std::size_t>(n) << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {static_cast<std::size_t>(n) << 20}; }

}  // namespace orrery
