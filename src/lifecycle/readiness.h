// Live, ready, and what we are waiting for: the engine's condition as an immutable value.
//
// Probes, guards and the status page read a Snapshot; no component can be reached from one, so a
// question about health can never touch a part that is being destroyed (inv 3).
#pragma once

#include <memory>

#include "lifecycle/graph.h"
#include "lifecycle/machine.h"

namespace orrery::lifecycle {

struct PartView {
  PartState state = PartState::waiting;
  Incarnation incarnation = 0;
  bool slow = false;
  bool entered = false;
  std::string reason;  // why it failed, was skipped, is degraded, or what it is busy with
  std::string remedy;
  std::string degraded;
  TimePoint waiting_since{};
  TimePoint entered_at{};
  TimePoint settled_at{};
  std::vector<NodeId> waits_for;  // unmet, while waiting
};

struct Snapshot {
  std::shared_ptr<const Graph> graph;
  std::uint64_t version = 0;
  std::uint64_t revision = 0;
  State state = State::created;
  Generation generation = 0;
  TimePoint begun{};  // of the engine
  TimePoint since{};  // of the state
  TimePoint taken{};
  std::optional<TimePoint> ready_at;  // when this generation first was
  bool ready = false;
  bool stop_requested = false;
  std::optional<std::string> failed_part;
  Failure failure;                      // the first cause, if failed_part
  std::vector<PartView> parts;          // by NodeId
  std::vector<std::string> degraded;    // "name: reason"
  std::vector<std::string> waiting_on;  // names of the parts that are busy now
  std::vector<std::string> survivors;
};

Snapshot take_snapshot(const Machine& machine, std::shared_ptr<const Graph> graph, TimePoint begun,
                       TimePoint now);

// One of the four names that are public: created, core_ready, runtime_failed, runtime_ready.
std::string_view public_state(State state);
bool is_failed(State state);
// The failure as one sentence: "component: text".
std::string failure_text(const Snapshot& snapshot);

}  // namespace orrery::lifecycle
