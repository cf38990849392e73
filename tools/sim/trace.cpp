#include "trace.h"

#include "shrink.h"

namespace orrery::sim {
namespace {

// The numbers of tests/model/lifecycle.pml and trace.pml.
enum What : int {
  begun = 1,
  entered = 2,
  start_ok = 3,
  start_bad = 4,
  drain_over = 5,
  stop_over = 6,
  abandoned = 7,
  died = 8,
  slow = 9,
  stop_asked = 10,
  hurry_asked = 11,
  retry_asked = 12,
  restart_asked = 13,
  part_restart_asked = 14,
  wait_ready = 15,
  wait_stopped = 16,
  dropped = 17,
  life = 20,
  silence = 21,
  start = 30,
  skip = 31,
  drain = 32,
  stop = 33,
  go = 34,
  wake = 35,
  refuse = 36,
};
constexpr std::size_t parts = 4;
constexpr WaiterId waiters = 6;

int edge_between(const Node& above, NodeId below) {
  for (const auto id : above.needs) {
    if (id == below) return 1;
  }
  for (const auto id : above.after) {
    if (id == below) return 2;
  }
  return 0;
}

}  // namespace

std::optional<Plan> plan_for_model(std::uint64_t seed) {
  Plan plan = draw_plan(seed);
  if (plan.parts.size() < parts) return std::nullopt;
  LeftOut rest;
  for (auto i = parts; i < plan.parts.size(); ++i) rest.insert(static_cast<std::uint32_t>(i));
  plan = without(plan, rest);
  plan.limits.lame_duck = {};
  plan.limits.stop = plan.limits.rollback = std::chrono::hours{1};
  plan.limits.parallel_starts = 0;
  return plan;
}

Trace::Trace(std::FILE* out, const Plan& plan) : out_{out} {
  const auto graph = Graph::build(plan.parts).value();
  std::fprintf(out_, "%d %llu", life, static_cast<unsigned long long>(plan.seed));
  for (const auto& node : graph.nodes()) {
    std::fprintf(out_, " %d %d", static_cast<int>(node.phase), node.critical() ? 1 : 0);
  }
  for (const auto& above : graph.nodes()) {
    for (NodeId below = 0; below < graph.size(); ++below) {
      std::fprintf(out_, " %d", edge_between(above, below));
    }
  }
  std::fputc('\n', out_);
}

void Trace::write(int what, std::uint64_t whom) {
  std::fprintf(out_, "%d %llu\n", what, static_cast<unsigned long long>(whom));
}

void Trace::before(TimePoint, const Fact& fact, const Machine& machine) {
  write(silence, 0);
  const auto current = [&](const auto& f) {
    return machine.part(f.node).incarnation == f.incarnation;
  };
  if (std::holds_alternative<fact::Begun>(fact)) write(begun, 0);
  if (std::holds_alternative<fact::StopRequested>(fact)) write(stop_asked, 0);
  if (std::holds_alternative<fact::Hurried>(fact)) write(hurry_asked, 0);
  if (std::holds_alternative<fact::RetryRequested>(fact)) write(retry_asked, 0);
  if (const auto* f = std::get_if<fact::RestartRequested>(&fact)) {
    write(f->node ? part_restart_asked : restart_asked, f->node.value_or(0));
  } else if (const auto* g = std::get_if<fact::Entered>(&fact); g && current(*g)) {
    write(entered, g->node);
  } else if (const auto* h = std::get_if<fact::StartEnded>(&fact); h && current(*h)) {
    write(h->outcome == Outcome::started ? start_ok : start_bad, h->node);
  } else if (const auto* d = std::get_if<fact::DrainEnded>(&fact); d && current(*d)) {
    write(drain_over, d->node);
  } else if (const auto* s = std::get_if<fact::StopEnded>(&fact); s && current(*s)) {
    write(stop_over, s->node);
  } else if (const auto* e = std::get_if<fact::Died>(&fact); e && current(*e)) {
    write(died, e->node);
  } else if (const auto* w = std::get_if<fact::WaitBegun>(&fact); w && w->waiter <= waiters) {
    write(w->goal == Goal::ready ? wait_ready : wait_stopped, w->waiter - 1);
  } else if (const auto* x = std::get_if<fact::WaitDropped>(&fact); x && x->waiter <= waiters) {
    write(dropped, x->waiter - 1);
  }
}

void Trace::after(const Orders& orders, const Machine&) {
  for (const auto& order : orders) {
    if (const auto* o = std::get_if<order::Start>(&order)) write(start, o->node);
    if (const auto* o = std::get_if<order::Drain>(&order)) write(drain, o->node);
    if (const auto* o = std::get_if<order::Stop>(&order)) write(stop, o->node);
    if (const auto* o = std::get_if<order::Wake>(&order); o && o->waiter <= waiters) {
      write(wake, o->waiter - 1);
    }
    const auto* event = std::get_if<LifecycleEvent>(&order);
    if (event == nullptr) continue;
    if (const auto* e = std::get_if<event::StateChanged>(event)) {
      write(go, static_cast<std::uint64_t>(e->to));
    } else if (const auto* k = std::get_if<event::PartSkipped>(event)) {
      write(skip, k->node);
    } else if (const auto* w = std::get_if<event::PartSlow>(event)) {
      write(slow, w->node);
    } else if (const auto* a = std::get_if<event::HookAbandoned>(event)) {
      write(abandoned, a->node);
    } else if (const auto* f = std::get_if<event::PartFailed>(event)) {
      // The one failure that no fact tells of.
      if (f->failure.text.starts_with("its former incarnation")) write(refuse, f->node);
    }
  }
}

}  // namespace orrery::sim
