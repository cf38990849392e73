#include "world.h"

#include <cstdio>
#include <utility>

namespace orrery::sim {
namespace {

using std::chrono::milliseconds;

Graph must_build(std::vector<Spec> specs) {
  auto graph = Graph::build(std::move(specs));
  if (graph) return std::move(*graph);
  std::fprintf(stderr, "the plan is not valid: %s\n", graph.error().text().c_str());
  std::abort();
}

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

World::World(std::uint64_t seed, bool tell_story)
    : random_{seed},
      plan_{draw_plan(random_)},
      story_{tell_story},
      graph_{must_build(plan_.specs)},
      machine_{graph_, plan_.limits},
      oracles_{graph_, plan_.limits},
      quiet_from_{TimePoint{} + milliseconds{200 + random_.below(2000)}} {}

void World::say(const std::string& line) const {
  if (story_)
    std::printf("%6.0f ms  %s\n", orrery::milliseconds(now_.time_since_epoch()), line.c_str());
}

void World::tell(const Fact& fact) {
  if (story_) say(std::visit(Told{graph_}, fact));
  ++steps_;
  mix(fact.index());
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  oracles_.before(now_, fact);
  const auto orders = machine_.tell(now_, fact);
  oracles_.after(machine_, orders);
  for (const auto& order : orders) carry_out(order);
}

void World::carry_out(const Order& order) {
  if (story_) say("   -> " + std::visit(Told{graph_}, order));
  mix(order.index() + 100);
  if (const auto* start = std::get_if<order::Start>(&order)) {
    mix(start->node);
    const milliseconds delay{random_.chance(70) ? 0 : random_.below(10)};
    pending_.push_back({now_ + delay, fact::Entered{start->node, start->incarnation}});
  } else if (const auto* drain = std::get_if<order::Drain>(&order)) {
    enter(drain->node, drain->incarnation, Hook::drain);
  } else if (const auto* stop = std::get_if<order::Stop>(&order)) {
    enter(stop->node, stop->incarnation, Hook::stop);
  } else if (const auto* cancel = std::get_if<order::Cancel>(&order)) {
    cancelled(cancel->node, cancel->incarnation, cancel->hook);
  }
}

Duration World::budget_of(NodeId node, Hook hook) const {
  const auto& budgets = graph_[node].budgets;
  return hook == Hook::start ? budgets.start : hook == Hook::drain ? budgets.drain : budgets.stop;
}

Fact World::ending(NodeId node, Incarnation incarnation, Hook hook, bool good) const {
  std::optional<Failure> failure;
  if (!good) failure = Failure{"drawn", {}};
  switch (hook) {
    case Hook::start:
      return fact::StartEnded{node, incarnation, good ? Outcome::started : Outcome::failed,
                              failure.value_or(Failure{})};
    case Hook::drain:
      return fact::DrainEnded{node, incarnation, failure};
    case Hook::stop:
      return fact::StopEnded{node, incarnation, failure};
  }
  std::unreachable();
}

void World::end(NodeId node, Incarnation incarnation, Hook hook, bool good, Duration after) {
  pending_.push_back({now_ + after, ending(node, incarnation, hook, good)});
}

// The hook's own code begins: its manner decides what will come of it.
void World::enter(NodeId node, Incarnation incarnation, Hook hook) {
  const bool quiet = now_ >= quiet_from_;
  const auto manner = quiet ? Manner::soon : draw_manner(random_, plan_.rates, hook);
  manners_[{node, incarnation, hook}] = manner;
  if (story_)
    say(fmt::format("   {} {} is drawn: {}", graph_[node].name, lifecycle::name_of(hook),
                    name_of(manner)));
  const auto budget = budget_of(node, hook);
  const auto soon = milliseconds{random_.below(8)};
  switch (manner) {
    case Manner::at_once:
      return end(node, incarnation, hook, true, {});
    case Manner::soon:
      return end(node, incarnation, hook, true, soon);
    case Manner::slow:
      return end(node, incarnation, hook, true, budget * 3 / 4);
    case Manner::fails:
      return end(node, incarnation, hook, false, soon);
    case Manner::fails_late:
      return end(node, incarnation, hook, false, budget * 2 / 3);
    case Manner::at_deadline:
      return end(node, incarnation, hook, true, budget);
    case Manner::extends:
      pending_.push_back({now_ + budget / 2, fact::Extended{node, incarnation, milliseconds{120}}});
      return end(node, incarnation, hook, true, budget + milliseconds{60});
    case Manner::obeys:
    case Manner::succeeds_anyway:
    case Manner::late:
    case Manner::never:
      return;
  }
}

void World::cancelled(NodeId node, Incarnation incarnation, Hook hook) {
  const auto at = manners_.find({node, incarnation, hook});
  if (at == manners_.end()) return;  // not entered yet: Entered is turned into not_entered below
  switch (at->second) {
    case Manner::obeys:
      if (hook == Hook::start) {
        pending_.push_back(
            {now_ + milliseconds{random_.below(3)},
             fact::StartEnded{node, incarnation, Outcome::cancelled, {"drawn", {}}}});
      } else {
        end(node, incarnation, hook, false, milliseconds{random_.below(3)});
      }
      return;
    case Manner::succeeds_anyway:
      return end(node, incarnation, hook, true, milliseconds{random_.below(3)});
    case Manner::late:
      return end(node, incarnation, hook, random_.chance(50), milliseconds{200});
    default:
      return;  // it ends as it would have, or never
  }
}

// The outside asks for something, in whatever state we are.
void World::request() {
  switch (random_.below(6)) {
    case 0:
      return tell(fact::RetryRequested{});
    case 1:
      return tell(fact::RestartRequested{});
    case 2:
    case 3:
      if (graph_.size() == 0) return;
      return tell(fact::RestartRequested{random_.below(static_cast<std::uint32_t>(graph_.size()))});
    case 4:
      return tell(fact::WaitBegun{++waiters_, random_.chance(60) ? Goal::ready : Goal::stopped});
    default:
      return tell(fact::WaitDropped{random_.below(static_cast<std::uint32_t>(waiters_ + 1))});
  }
}

void World::disturb() {
  if (random_.chance(plan_.rates.requests)) request();
  if (random_.chance(plan_.rates.signals) && random_.chance(10)) {
    tell(fact::StopRequested{});
    if (random_.chance(30)) tell(fact::Hurried{});
  }
  if (graph_.size() > 0 && random_.chance(plan_.rates.deaths)) {
    const auto node = random_.below(static_cast<std::uint32_t>(graph_.size()));
    const auto incarnation = machine_.part(node).incarnation;
    if (random_.chance(50)) {
      tell(fact::Died{node, incarnation, {"drawn", {}}});
    } else {
      tell(fact::Degraded{node, incarnation, "drawn"});
    }
  }
}

// The earliest happening; the tick the machine asked for is one of them.
std::optional<World::Happening> World::next() {
  const auto tick = machine_.next_tick();
  auto earliest = tick ? *tick : TimePoint::max();
  for (const auto& h : pending_) earliest = std::min(earliest, h.at);
  if (earliest == TimePoint::max()) return std::nullopt;
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].at == earliest) due.push_back(i);
  }
  const bool tick_due = tick && *tick <= earliest;
  const auto pick = random_.below(static_cast<std::uint32_t>(due.size() + (tick_due ? 1 : 0)));
  if (pick == due.size()) return Happening{std::max(now_, earliest), fact::Tick{}};
  Happening happening = std::move(pending_[due[pick]]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(due[pick]));
  return happening;
}

Verdict World::live() {
  tell(fact::WaitBegun{++waiters_, Goal::ready});
  tell(fact::Begun{});
  bool asked = false;
  while (!oracles_.violation() && steps_ < 100'000) {
    auto happening = next();
    if (!asked && (!happening || happening->at >= quiet_from_)) {
      asked = true;
      now_ = std::max(now_, quiet_from_);
      tell(fact::StopRequested{});
      continue;
    }
    if (!happening) break;
    now_ = std::max(now_, happening->at);
    if (const auto* f = std::get_if<fact::Entered>(&happening->fact)) {
      const auto& part = machine_.part(f->node);
      if (part.cancelled || part.incarnation != f->incarnation || !part.starting) {
        tell(fact::StartEnded{f->node, f->incarnation, Outcome::not_entered, {}});
        continue;
      }
      tell(*f);
      enter(f->node, f->incarnation, Hook::start);
    } else {
      tell(happening->fact);
    }
    if (now_ < quiet_from_) disturb();
  }
  if (!oracles_.violation()) oracles_.at_end(machine_);
  return {oracles_.violation(), hash_, steps_};
}

}  // namespace orrery::sim
