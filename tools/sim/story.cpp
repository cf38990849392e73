#include "story.h"

namespace orrery::sim {
namespace {

struct Told {
  const Graph& graph;
  std::string part(std::string_view verb, const auto& f) const {
    return fmt::format("{} {}#{}", verb, graph[f.node].name, f.incarnation);
  }
  std::string operator()(const fact::Begun&) const { return "begun"; }
  std::string operator()(const fact::Entered& f) const { return part("entered", f); }
  std::string operator()(const fact::StartEnded& f) const {
    return part("start ended", f) + " " + std::string{lifecycle::name_of(f.outcome)};
  }
  std::string operator()(const fact::DrainEnded& f) const { return part("drain ended", f); }
  std::string operator()(const fact::StopEnded& f) const {
    return part("stop ended", f) + (f.failure ? " failed" : "");
  }
  std::string operator()(const fact::Doing& f) const { return part("doing", f); }
  std::string operator()(const fact::Extended& f) const { return part("extended", f); }
  std::string operator()(const fact::Degraded& f) const { return part("degraded", f); }
  std::string operator()(const fact::Died& f) const { return part("died", f); }
  std::string operator()(const fact::Tick&) const { return "tick"; }
  std::string operator()(const fact::StopRequested&) const { return "stop requested"; }
  std::string operator()(const fact::Hurried&) const { return "hurried"; }
  std::string operator()(const fact::RetryRequested&) const { return "retry requested"; }
  std::string operator()(const fact::RestartRequested& f) const {
    return "restart requested " + (f.node ? graph[*f.node].name : std::string{"(all)"});
  }
  std::string operator()(const fact::WaitBegun& f) const {
    return fmt::format("waiter {}", f.waiter);
  }
  std::string operator()(const fact::WaitDropped& f) const {
    return fmt::format("waiter {} dropped", f.waiter);
  }
  std::string operator()(const order::Start& o) const { return part("start", o); }
  std::string operator()(const order::Drain& o) const { return part("drain", o); }
  std::string operator()(const order::Stop& o) const {
    return part("stop", o) + " told " + std::string{lifecycle::name_of(o.told)};
  }
  std::string operator()(const order::Cancel& o) const {
    return part("cancel", o) +
           fmt::format(" {} ({})", lifecycle::name_of(o.hook), async::name_of(o.reason));
  }
  std::string operator()(const order::Wake& o) const {
    return fmt::format("wake {} ({})", o.waiter, static_cast<int>(o.settled));
  }
  std::string operator()(const LifecycleEvent& e) const {
    const auto event = to_journal(e, graph);
    std::string text = "note: " + event.fact;
    for (const auto& field : event.fields) {
      if (const auto* value = std::get_if<std::string>(&field.value)) text += " " + *value;
    }
    return text;
  }
};

}  // namespace

std::string in_words(const Fact& fact, const Graph& graph) { return std::visit(Told{graph}, fact); }
std::string in_words(const Order& order, const Graph& graph) {
  return "   -> " + std::visit(Told{graph}, order);
}

}  // namespace orrery::sim
