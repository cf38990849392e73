// Every step of the engine as a typed event, and how it reads in the journal.
#pragma once

#include <variant>

#include "core/journal.h"
#include "lifecycle/graph.h"

namespace orrery::lifecycle {

namespace event {

struct StateChanged {
  State from;
  State to;
  std::string cause;
  std::uint64_t version;  // grows by one with each
  Generation generation;
};
struct PartStarted {
  NodeId node;
  Duration took;
  Duration waited;
};
struct PartFailed {
  NodeId node;
  Hook hook;
  Outcome outcome;
  Failure failure;
  bool provoked;  // by another failure or a stop, so never the cause
};
struct PartSkipped {
  NodeId node;
  NodeId because;
};
struct PartSlow {
  NodeId node;
  Duration busy;
  Duration waited;
  std::string doing;
};
struct PartStopped {
  NodeId node;
  Duration took;
};
struct PartDegraded {
  NodeId node;
  std::string reason;  // empty: recovered
};
struct HookAbandoned {
  NodeId node;
  Hook hook;
  std::string doing;
};
// A roll-back or a stop is over; `left` names what refused to die.
struct DescentEnded {
  Generation generation;
  std::vector<std::string> left;
};
struct Refused {
  std::string request;
  std::string why;
};

}  // namespace event

using LifecycleEvent =
    std::variant<event::StateChanged, event::PartStarted, event::PartFailed, event::PartSkipped,
                 event::PartSlow, event::PartStopped, event::PartDegraded, event::HookAbandoned,
                 event::DescentEnded, event::Refused>;

// The event as one line of the journal.
Event to_journal(const LifecycleEvent& event, const Graph& graph);

}  // namespace orrery::lifecycle
