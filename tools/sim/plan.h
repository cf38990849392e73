// What one seed draws: a graph, how each part misbehaves, and what the world does to it.
#pragma once

#include "lifecycle/machine.h"
#include "random.h"

namespace orrery::sim {

using namespace lifecycle;

// How a hook behaves once entered. Times are drawn when it is entered.
enum class Manner : std::uint8_t {
  at_once,  // completes in the tick it was entered
  soon,     // after a few milliseconds
  slow,     // past its slow threshold, within its budget
  fails,    // soon
  fails_late,
  obeys,            // hangs until cancelled, then fails as cancelled
  succeeds_anyway,  // hangs until cancelled, then succeeds
  late,             // ignores the cancellation, ends long after its grace
  never,            // ignores everything
  at_deadline,      // completes in the very tick of its deadline
  extends,          // asks for more time, then succeeds past its first budget
};
inline constexpr std::uint32_t manner_count = 11;
std::string_view name_of(Manner manner);

// Per seed, how likely each fault is: seeds with few faults reach far, seeds with many go deep.
struct Rates {
  std::uint32_t fault = 0;     // percent of hooks that misbehave
  std::uint32_t requests = 0;  // requests from outside
  std::uint32_t signals = 0;
  std::uint32_t deaths = 0;
};

struct Plan {
  std::vector<Spec> specs;
  Limits limits;
  Rates rates;
};

Plan draw_plan(Random& random);
Manner draw_manner(Random& random, const Rates& rates, Hook hook);

}  // namespace orrery::sim
