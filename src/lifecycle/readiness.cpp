#include "lifecycle/readiness.h"

#include "core/text.h"

namespace orrery::lifecycle {
namespace {

std::vector<NodeId> unmet(const Machine& machine, const Node& node) {
  std::vector<NodeId> unmet;
  for (const auto below : node.needs) {
    if (machine.part(below).state != PartState::started) unmet.push_back(below);
  }
  for (const auto below : node.after) {
    const auto state = machine.part(below).state;
    if (state == PartState::waiting || state == PartState::starting) unmet.push_back(below);
  }
  return unmet;
}

std::string reason_of(const Machine::Part& part) {
  if (!part.failure.text.empty()) return part.failure.text;
  if (!part.degraded.empty()) return part.degraded;
  if (part.starting || part.stopping) return part.doing;
  return {};
}

PartView view_of(const Machine& machine, NodeId id) {
  const auto& part = machine.part(id);
  PartView view{.state = part.state,
                .incarnation = part.incarnation,
                .slow = part.slow && part.starting,
                .entered = part.entered,
                .reason = reason_of(part),
                .remedy = part.failure.remedy,
                .degraded = part.degraded,
                .waiting_since = part.waiting_since,
                .entered_at = part.entered_at,
                .settled_at = part.settled_at,
                .waits_for = {}};
  if (part.state == PartState::waiting && part.wanted)
    view.waits_for = unmet(machine, machine.graph()[id]);
  return view;
}

std::string degradation(const Node& node, const PartView& view) {
  if (node.critical() && view.degraded.empty()) return {};
  if (view.state == PartState::failed || view.state == PartState::skipped) return view.reason;
  if (view.slow && !node.critical()) return "still starting";
  return view.state == PartState::started ? view.degraded : std::string{};
}

bool busy(const Machine::Part& part) {
  return part.starting || part.stopping || part.drain == Machine::DrainState::running;
}

}  // namespace

Snapshot take_snapshot(const Machine& machine, std::shared_ptr<const Graph> graph, TimePoint begun,
                       TimePoint now) {
  Snapshot s{.graph = std::move(graph),
             .version = machine.version(),
             .revision = machine.revision(),
             .state = machine.state(),
             .generation = machine.generation(),
             .begun = begun,
             .since = machine.since(),
             .taken = now,
             .ready_at = machine.ready_at(),
             .ready = machine.ready(),
             .stop_requested = machine.stop_requested(),
             .failed_part = {},
             .failure = {},
             .parts = {},
             .degraded = {},
             .waiting_on = {},
             .survivors = machine.survivor_names()};
  if (const auto& failure = machine.failure(); failure && s.state != State::runtime_ready) {
    s.failed_part = machine.graph()[failure->first].name;
    s.failure = failure->second;
  }
  s.parts.reserve(machine.graph().size());
  for (NodeId id = 0; id < machine.graph().size(); ++id) {
    const Node& node = machine.graph()[id];
    const PartView& view = s.parts.emplace_back(view_of(machine, id));
    if (auto reason = degradation(node, view); !reason.empty()) {
      s.degraded.push_back(node.name + ": " + reason);
    }
    if (busy(machine.part(id))) s.waiting_on.push_back(node.name);
  }
  return s;
}

std::string_view public_state(State state) {
  switch (state) {
    case State::created:
    case State::core_starting:
      return "created";
    case State::runtime_failed:
    case State::core_failed:
    case State::stuck:
      return "runtime_failed";
    case State::runtime_ready:
      return "runtime_ready";
    case State::stopped:
    case State::core_ready:
    case State::runtime_starting:
    case State::rolling_back:
    case State::draining:
    case State::stopping:
      return "core_ready";
  }
  std::unreachable();
}

bool is_failed(State state) {
  return state == State::runtime_failed || state == State::core_failed || state == State::stuck;
}

std::string failure_text(const Snapshot& s) {
  if (s.state == State::stuck)
    return "still alive from the last generation: " + join(s.survivors, ", ");
  if (!s.failed_part) return {};
  return *s.failed_part + ": " + s.failure.text;
}

}  // namespace orrery::lifecycle
