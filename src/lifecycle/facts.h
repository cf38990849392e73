// What the machine is told. Each is something that has happened; none is a wish but the requests.
#pragma once

#include <optional>
#include <variant>

#include "lifecycle/words.h"

namespace orrery::lifecycle {

// What a waiter waits for, and what it is told, exactly once.
enum class Goal : std::uint8_t { ready, stopped };
enum class Settled : std::uint8_t { ready, failed, stopped };
using WaiterId = std::uint64_t;

namespace fact {

struct Begun {};

// The hook's own code is about to run: recorded right before the call, not at the spawn.
struct Entered {
  NodeId node;
  Incarnation incarnation;
};
// outcome: started, failed, cancelled or not_entered. The last is the answer, at once, to the
// cancellation of a start that was not entered; if it was entered meanwhile, Entered is the answer.
struct StartEnded {
  NodeId node;
  Incarnation incarnation;
  Outcome outcome;
  Failure failure;
};
struct DrainEnded {
  NodeId node;
  Incarnation incarnation;
  std::optional<Failure> failure;
};
struct StopEnded {
  NodeId node;
  Incarnation incarnation;
  std::optional<Failure> failure;
};
// The part says what it is busy with, for whoever asks why it takes long.
struct Doing {
  NodeId node;
  Incarnation incarnation;
  std::string text;
};
// The part asks for more time to start.
struct Extended {
  NodeId node;
  Incarnation incarnation;
  Duration by;
};
// The part works, but something is missing; empty: nothing is.
struct Degraded {
  NodeId node;
  Incarnation incarnation;
  std::string reason;
};
// A supervised task of a started part failed too often.
struct Died {
  NodeId node;
  Incarnation incarnation;
  Failure failure;
};
struct Tick {};
struct StopRequested {};
struct Hurried {};
struct RetryRequested {};
// One part and what stands on it, or, without a node, the whole runtime.
struct RestartRequested {
  std::optional<NodeId> node;
};
struct WaitBegun {
  WaiterId waiter;
  Goal goal;
};
struct WaitDropped {
  WaiterId waiter;
};

}  // namespace fact

using Fact = std::variant<fact::Begun, fact::Entered, fact::StartEnded, fact::DrainEnded,
                          fact::StopEnded, fact::Doing, fact::Extended, fact::Degraded, fact::Died,
                          fact::Tick, fact::StopRequested, fact::Hurried, fact::RetryRequested,
                          fact::RestartRequested, fact::WaitBegun, fact::WaitDropped>;

}  // namespace orrery::lifecycle
