// The words of the engine: phases, states, hooks, budgets, failures. Values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"

namespace orrery::lifecycle {

// A phase begins when the one before is complete.
enum class Phase : std::uint8_t { core, runtime, online };
inline constexpr std::size_t phase_count = 3;

// Its failure fails the generation / only degrades it.
enum class Criticality : std::uint8_t { critical, degradable };

// What the whole is doing. One writer: Machine::transition, against a constant table.
enum class State : std::uint8_t {
  created,
  core_starting,
  core_ready,
  runtime_starting,
  runtime_ready,
  draining,
  stopping,
  stopped,
  runtime_failed,
  core_failed,
  rolling_back,
  stuck,
};

// What one part is doing.
enum class PartState : std::uint8_t {
  waiting,  // for its needs, its phase, or to be wanted
  starting,
  started,
  failed,   // and, if it was entered, being stopped or stopped
  skipped,  // something it needs failed
  draining,
  stopping,
  stopped,
};

enum class Hook : std::uint8_t { start, drain, stop };

// How a start ended. Told to the stop hook, which runs whatever came of it.
enum class Outcome : std::uint8_t {
  none,  // not ended
  started,
  failed,
  timed_out,    // over its budget
  cancelled,    // gave way to a stop or a roll-back
  not_entered,  // its code never ran, so there is nothing to stop
};

std::string_view name_of(Phase phase);
std::string_view name_of(State state);
std::string_view name_of(PartState state);
std::string_view name_of(Hook hook);
std::string_view name_of(Outcome outcome);

// Why, in the three parts a person reads: what happened and why in `text`, what to do in `remedy`.
struct Failure {
  std::string text;
  std::string remedy;
};

// How long one part may take. Measured from the first instruction of the hook, in monotonic time.
struct Budgets {
  Duration start = std::chrono::seconds{10};
  Duration start_cap = std::chrono::seconds{60};  // the most that extensions may add up to
  Duration slow = std::chrono::seconds{1};        // reported once; holds up no phase if degradable
  Duration drain = std::chrono::seconds{5};
  Duration stop = std::chrono::seconds{5};
  Duration grace = std::chrono::seconds{1};  // from cancel to abandoned
};

// Limits of the whole.
struct Limits {
  Duration lame_duck{};                             // still accept after announcing the end
  Duration stop = std::chrono::seconds{20};         // for all drains and stops together
  Duration rollback = std::chrono::seconds{20};     // a budget of its own, never the start's rest
  Duration hurry = std::chrono::milliseconds{250};  // what each hook still gets when hurried
  std::size_t parallel_starts = 0;                  // 0: as many as the graph allows
};

using NodeId = std::uint32_t;
// Grows with every start of a part; facts about an older one are recognised by it.
using Incarnation = std::uint32_t;
using Generation = std::uint32_t;

}  // namespace orrery::lifecycle
