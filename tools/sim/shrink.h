// Makes a failing plan smaller: the least graph and the fewest faults that still fail.
//
// What can be left out of a plan (parts, edges, faults, disturbances) is numbered in the order of
// `describe`, so that a smaller plan is its seed and the numbers left out.
#pragma once

#include <functional>
#include <set>

#include "verdict.h"

namespace orrery::sim {

using LeftOut = std::set<std::uint32_t>;

// The plan without these things, and without what makes no sense any more without them.
Plan without(const Plan& plan, const LeftOut& left_out);

struct Shrunk {
  LeftOut left_out;
  std::uint64_t schedule = 0;
  std::string violation;
};

// Leaves out one thing after the other for as long as `live` objects with the same invariant, under
// one of a few schedules. `live` may be a world or a guarded one (isolation.h).
Shrunk shrink(const Plan& plan, const std::string& violation,
              const std::function<Verdict(const Plan&)>& live);

// "0-3,8" and back. Nothing if the text is no such list.
std::string in_digits(const LeftOut& left_out);
std::optional<LeftOut> parse_left_out(std::string_view text);

}  // namespace orrery::sim
