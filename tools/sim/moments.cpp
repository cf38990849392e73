#include "moments.h"

namespace orrery::sim {

using What = Moment::What;

Cast::Cast(const Plan& plan, const Graph& graph) : node(plan.parts.size()), part(graph.size()) {
  for (std::uint32_t i = 0; i < plan.parts.size(); ++i) {
    node[i] = graph.find(plan.parts[i].name).value();
    part[node[i]] = i;
  }
}

Moments::Moments(const Plan& plan, const Cast& cast) : plan_{plan}, cast_{cast} {
  for (const auto& d : plan.disturbances) left_.push_back(d.when.nth);
}

std::vector<std::uint32_t> Moments::come(const Moment& now) {
  std::vector<std::uint32_t> due;
  for (std::uint32_t i = 0; i < left_.size(); ++i) {
    const Moment& when = plan_.disturbances[i].when;
    const bool same = when.what == now.what &&
                      (now.what == What::state ? when.state == now.state
                                               : when.part == now.part && when.hook == now.hook);
    if (!same || left_[i] == 0) continue;
    --left_[i];
    if (left_[i] == 0) due.push_back(i);
  }
  return due;
}

std::vector<std::uint32_t> Moments::come(const Fact& fact) {
  if (left_.empty()) return {};
  const auto of = [&](What what, NodeId node, Hook hook) {
    return come({.what = what, .part = cast_.part[node], .hook = hook});
  };
  if (const auto* f = std::get_if<fact::Entered>(&fact)) {
    return of(What::entered, f->node, Hook::start);
  }
  if (const auto* f = std::get_if<fact::StartEnded>(&fact)) {
    return of(What::ended, f->node, Hook::start);
  }
  if (const auto* f = std::get_if<fact::DrainEnded>(&fact)) {
    return of(What::ended, f->node, Hook::drain);
  }
  if (const auto* f = std::get_if<fact::StopEnded>(&fact)) {
    return of(What::ended, f->node, Hook::stop);
  }
  return {};
}

std::vector<std::uint32_t> Moments::come(State state) {
  return come({.what = What::state, .state = state});
}

std::vector<std::uint32_t> Moments::come(const Order& order) {
  if (left_.empty()) return {};
  const auto of = [&](What what, NodeId node, Hook hook) {
    return come({.what = what, .part = cast_.part[node], .hook = hook});
  };
  if (const auto* o = std::get_if<order::Start>(&order)) {
    return of(What::ordered, o->node, Hook::start);
  }
  if (const auto* o = std::get_if<order::Drain>(&order)) {
    return of(What::ordered, o->node, Hook::drain);
  }
  if (const auto* o = std::get_if<order::Stop>(&order)) {
    return of(What::ordered, o->node, Hook::stop);
  }
  if (const auto* o = std::get_if<order::Cancel>(&order)) {
    return of(What::cancelled, o->node, o->hook);
  }
  if (const auto* e = std::get_if<LifecycleEvent>(&order)) {
    const auto* change = std::get_if<event::StateChanged>(e);
    if (change != nullptr) return come(change->to);
  }
  return {};
}

}  // namespace orrery::sim
