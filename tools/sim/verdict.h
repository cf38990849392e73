// What came of one life.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plan.h"

namespace orrery::sim {

struct Verdict {
  std::optional<std::string> violation;
  std::uint64_t hash = 0;  // of all facts and orders: same plan, same hash
  std::uint32_t steps = 0;
};

enum class Telling : std::uint8_t { silent, aloud };

// A world lives a plan; aloud, it prints what happens.
using World = Verdict (*)(const Plan& plan, Telling telling);

}  // namespace orrery::sim
