// Numbers from a seed, the same on every machine (the standard's distributions are not).
#pragma once

#include <cstdint>
#include <initializer_list>

namespace orrery::sim {

// splitmix64's finish
inline std::uint64_t scatter(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

// A number that depends on nothing but the values: what is drawn for one part stays as it is when
// another part is left out.
inline std::uint64_t mixed(std::initializer_list<std::uint64_t> values) {
  std::uint64_t z = 0;
  for (const auto value : values) z = scatter(z + value + 0x9E3779B97F4A7C15U);
  return z;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  std::uint64_t next() { return scatter(state_ += 0x9E3779B97F4A7C15U); }
  // 0 … n-1. Requires: n > 0.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(((next() >> 32U) * n) >> 32U);
  }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace orrery::sim
