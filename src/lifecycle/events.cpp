#include "lifecycle/events.h"

#include "core/text.h"

namespace orrery::lifecycle {
namespace {

std::vector<Field> failure_fields(const Failure& failure) {
  std::vector<Field> fields{{"reason", failure.text}};
  if (!failure.remedy.empty()) fields.push_back({"remedy", failure.remedy});
  return fields;
}

struct Say {
  const Graph& graph;

  Event line(Level level, std::string fact, std::vector<Field> fields) const {
    return {.level = level,
            .module = "lifecycle",
            .fact = std::move(fact),
            .fields = std::move(fields)};
  }
  Event about(NodeId node, Level level, std::string fact, std::vector<Field> fields) const {
    fields.insert(fields.begin(), {"component", graph[node].name});
    return line(level, std::move(fact), std::move(fields));
  }

  Event operator()(const event::StateChanged& e) const {
    const bool bad =
        e.to == State::runtime_failed || e.to == State::core_failed || e.to == State::stuck;
    return line(bad ? Level::error : Level::info, "state changed",
                {{"from", std::string{name_of(e.from)}},
                 {"to", std::string{name_of(e.to)}},
                 {"cause", e.cause},
                 {"generation", static_cast<std::int64_t>(e.generation)}});
  }
  Event operator()(const event::PartStarted& e) const {
    return about(e.node, Level::debug, "component started",
                 {{"took_ms", milliseconds(e.took)}, {"waited_ms", milliseconds(e.waited)}});
  }
  Event operator()(const event::PartFailed& e) const {
    auto fields = failure_fields(e.failure);
    fields.insert(fields.begin(), {"outcome", std::string{name_of(e.outcome)}});
    if (e.provoked) return about(e.node, Level::debug, "component gave way", std::move(fields));
    const bool fatal = graph[e.node].critical() && e.hook == Hook::start;
    return about(e.node, fatal ? Level::error : Level::warn,
                 fmt::format("component failed to {}", name_of(e.hook)), std::move(fields));
  }
  Event operator()(const event::PartSkipped& e) const {
    return about(e.node, Level::warn, "component skipped", {{"because", graph[e.because].name}});
  }
  Event operator()(const event::PartSlow& e) const {
    return about(e.node, Level::warn, "component is slow to start",
                 {{"busy_ms", milliseconds(e.busy)},
                  {"waited_ms", milliseconds(e.waited)},
                  {"doing", e.doing.empty() ? "start" : e.doing}});
  }
  Event operator()(const event::PartStopped& e) const {
    return about(e.node, Level::debug, "component stopped", {{"took_ms", milliseconds(e.took)}});
  }
  Event operator()(const event::PartDegraded& e) const {
    if (e.reason.empty()) return about(e.node, Level::info, "component recovered", {});
    return about(e.node, Level::warn, "component degraded", {{"reason", e.reason}});
  }
  Event operator()(const event::HookAbandoned& e) const {
    return about(e.node, Level::error, "component was abandoned: it ignored its cancellation",
                 {{"hook", std::string{name_of(e.hook)}}, {"doing", e.doing}});
  }
  Event operator()(const event::DescentEnded& e) const {
    return line(
        e.left.empty() ? Level::info : Level::error,
        fmt::format("generation {} ended, {} left alive", e.generation, e.left.size()),
        e.left.empty() ? std::vector<Field>{} : std::vector<Field>{{"left", join(e.left, ", ")}});
  }
  Event operator()(const event::Refused& e) const {
    return line(Level::warn, "request refused", {{"request", e.request}, {"reason", e.why}});
  }
};

}  // namespace

Event to_journal(const LifecycleEvent& event, const Graph& graph) {
  return std::visit(Say{graph}, event);
}

}  // namespace orrery::lifecycle
