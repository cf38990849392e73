// What one seed draws: a graph, how each hook misbehaves, and what the outside does, and when.
//
// A plan is a value and says all there is to a life: the machine's world and the driver's world
// both live it, and a failing one is made smaller by leaving things out (shrink.h).
#pragma once

#include "lifecycle/machine.h"
#include "random.h"

namespace orrery::sim {

using namespace lifecycle;
using std::chrono::milliseconds;

// How a hook behaves once entered.
enum class Manner : std::uint8_t {
  at_once,          // succeeds before it first waits
  soon,             // succeeds after a few milliseconds
  slow,             // past its slow threshold, within its budget
  throws_at_once,   // before its first wait
  throws_value,     // something that is no std::exception, after a wait
  fails,            // soon
  fails_late,       // within its budget
  obeys,            // hangs until cancelled, then ends as cancelled
  throws_then,      // hangs until cancelled, then throws
  succeeds_anyway,  // hangs until cancelled, then succeeds
  late,             // ignores the cancellation, ends long after its grace
  never,            // ignores everything
  at_deadline,      // succeeds in the very tick of its deadline
  fails_at_deadline,
  extends,   // asks for more time, then succeeds past its first budget
  degrades,  // succeeds, and says that something is missing
  stops,     // asks the whole to stop, then succeeds
  leaks,     // leaves work behind that ignores its end
};
inline constexpr std::uint32_t manner_count = 18;
std::string_view name_of(Manner manner);

// The part whose `nth` incarnation (from 1) has a hook that misbehaves. Parts are named by their
// place in Plan::parts.
struct Fault {
  std::uint32_t part;
  Hook hook;
  std::uint32_t nth;
  Manner manner;
};

// A point of a run, by what happens there: it keeps its meaning when the plan is made smaller.
struct Moment {
  enum class What : std::uint8_t { state, ordered, entered, ended, cancelled };
  What what = What::state;
  State state = State::core_starting;  // What::state: when the whole becomes so
  std::uint32_t part = 0;              // otherwise: when this happens to a hook of this part
  Hook hook = Hook::start;
  std::uint32_t nth = 1;
};

// What the outside does.
enum class Act : std::uint8_t {
  stop,
  hurry,
  retry,
  restart,       // of the whole runtime
  restart_part,  // of one part and what stands on it
  die,           // a supervised task of the part gave up
  degrade,       // the part says that something is missing, or no longer
  wait_ready,
  wait_stopped,
  drop_wait,  // the oldest waiter goes
  echo,       // what is over long since is reported once more
  stall,      // nothing is heard for a while
};
inline constexpr std::uint32_t act_count = 12;
std::string_view name_of(Act act);

struct Disturbance {
  Moment when;
  Duration after{};
  Act act = Act::stop;
  std::uint32_t part = 0;
};

struct Plan {
  std::uint64_t seed = 0;
  std::uint64_t schedule = 0;  // who comes first among what happens in the same instant
  std::vector<Spec> parts;
  std::vector<Fault> faults;  // every other hook ends well, at once or soon
  std::vector<Disturbance> disturbances;
  Limits limits;
  Duration noise{};  // from then on nothing misbehaves any more
};

Plan draw_plan(std::uint64_t seed);

// How a hook of this manner goes if nobody cancels it. Without a time it hangs.
struct Course {
  std::optional<Duration> after;
  bool good = true;
};
Course course_of(Manner manner, Duration budget, Duration soon);

Manner manner_of(const Plan& plan, std::uint32_t part, Hook hook, std::uint32_t nth);

// The plan in words, a line for each part, fault and disturbance.
std::string describe(const Plan& plan);

}  // namespace orrery::sim
