// A little over 400 lines: one life from its first fact to its last, which is read as a whole.
#include "machine_world.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <utility>

#include "moments.h"
#include "oracles.h"
#include "story.h"

namespace orrery::sim {
namespace {

Graph must_build(const Plan& plan) {
  auto graph = Graph::build(plan.parts);
  if (graph) return std::move(*graph);
  std::fprintf(stderr, "the plan is not valid: %s\n", graph.error().text().c_str());
  std::abort();
}

class MachineWorld {
 public:
  MachineWorld(const Plan& plan, Telling telling, Witness* witness)
      : plan_{plan},
        telling_{telling},
        witness_{witness},
        schedule_{mixed({plan.seed, plan.schedule})},
        graph_{must_build(plan)},
        cast_{plan, graph_},
        moments_{plan, cast_},
        machine_{graph_, plan.limits},
        oracles_{graph_, plan.limits} {}

  Verdict live();

 private:
  struct Running {
    NodeId node;
    Incarnation incarnation;
    Hook hook;
    auto operator<=>(const Running&) const = default;
  };
  struct Happening {
    TimePoint at;
    std::variant<Fact, Disturbance> what;
  };

  void tell(const Fact& fact);
  void carry_out(const Order& order);
  void enter(const Running& running);
  void cancelled(const Running& running);
  void close(const Running& running);
  void end(const Running& running, bool good, Duration after);
  void expect(const std::vector<std::uint32_t>& disturbances);
  void disturb(const Disturbance& disturbance);
  void echo(NodeId node);
  void happen(const Happening& happening);
  std::optional<Happening> next(TimePoint before);
  void run(TimePoint until);
  void settle();
  Fact ending(const Running& running, bool good) const;
  Duration budget_of(const Running& running) const;
  Manner manner(const Running& running) const;
  milliseconds moment(const Running& running, std::uint64_t salt, std::uint64_t most) const;
  bool noisy() const { return now_ < TimePoint{} + plan_.noise; }
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3U; }
  void say(const std::string& line) const;

  const Plan& plan_;
  const Telling telling_;
  Witness* const witness_;
  Random schedule_;
  const Graph graph_;
  const Cast cast_;
  Moments moments_;
  Machine machine_;
  Oracles oracles_;
  TimePoint now_{};
  std::vector<Happening> pending_;
  std::deque<Fact> answers_;  // that the driver has at hand, before anything else can happen
  std::map<Running, Manner> running_;  // entered and not ended
  std::set<Running> cancelled_;
  WaiterId waiters_ = 0;
  WaiterId dropped_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325U;
  std::uint32_t steps_ = 0;
};

void MachineWorld::say(const std::string& line) const {
  std::printf("%6.0f ms  %s\n", orrery::milliseconds(now_.time_since_epoch()), line.c_str());
}

// ---- the machine

void MachineWorld::tell(const Fact& fact) {
  const bool aloud = telling_ == Telling::aloud;
  if (aloud) say(in_words(fact, graph_));
  ++steps_;
  mix(fact.index());
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  oracles_.before(now_, fact, machine_);
  if (witness_ != nullptr) witness_->before(now_, fact, machine_);
  const auto orders = machine_.tell(now_, fact);
  oracles_.after(orders, machine_);
  if (witness_ != nullptr) witness_->after(orders, machine_);
  expect(moments_.come(fact));
  for (const auto& order : orders) {
    if (aloud) say(in_words(order, graph_));
    carry_out(order);
    expect(moments_.come(order));
  }
}

void MachineWorld::carry_out(const Order& order) {
  mix(order.index() + 100);
  if (const auto* start = std::get_if<order::Start>(&order)) {
    mix(start->node);
    const Running running{start->node, start->incarnation, Hook::start};
    const auto delay =
        moment(running, 1, 3) == milliseconds{0} ? moment(running, 2, 10) : milliseconds{0};
    pending_.push_back({now_ + delay, fact::Entered{start->node, start->incarnation}});
  } else if (const auto* drain = std::get_if<order::Drain>(&order)) {
    enter({drain->node, drain->incarnation, Hook::drain});
  } else if (const auto* stop = std::get_if<order::Stop>(&order)) {
    enter({stop->node, stop->incarnation, Hook::stop});
  } else if (const auto* cancel = std::get_if<order::Cancel>(&order)) {
    cancelled({cancel->node, cancel->incarnation, cancel->hook});
  }
}

// ---- the parts

Duration MachineWorld::budget_of(const Running& running) const {
  const auto& budgets = graph_[running.node].budgets;
  return running.hook == Hook::start   ? budgets.start
         : running.hook == Hook::drain ? budgets.drain
                                       : budgets.stop;
}

Manner MachineWorld::manner(const Running& running) const {
  if (!noisy()) return Manner::soon;
  return manner_of(plan_, cast_.part[running.node], running.hook, running.incarnation);
}

// A time below `most` milliseconds that is the part's own, whatever else happens.
milliseconds MachineWorld::moment(const Running& running, std::uint64_t salt,
                                  std::uint64_t most) const {
  const auto draw = mixed({plan_.seed, cast_.part[running.node], running.incarnation,
                           static_cast<std::uint64_t>(running.hook), salt});
  return milliseconds{draw % most};
}

Fact MachineWorld::ending(const Running& running, bool good) const {
  std::optional<Failure> failure;
  if (!good) failure = Failure{"drawn", {}};
  switch (running.hook) {
    case Hook::start:
      return fact::StartEnded{running.node, running.incarnation,
                              good ? Outcome::started : Outcome::failed,
                              failure.value_or(Failure{})};
    case Hook::drain:
      return fact::DrainEnded{running.node, running.incarnation, failure};
    case Hook::stop:
      return fact::StopEnded{running.node, running.incarnation, failure};
  }
  std::unreachable();
}

void MachineWorld::end(const Running& running, bool good, Duration after) {
  pending_.push_back({now_ + after, ending(running, good)});
}

// The hook's own code begins: its manner decides what will come of it.
void MachineWorld::enter(const Running& running) {
  const auto how = manner(running);
  running_[running] = how;
  if (telling_ == Telling::aloud) {
    say(fmt::format("      {}'s {} {}", graph_[running.node].name, lifecycle::name_of(running.hook),
                    name_of(how)));
  }
  const auto budget = budget_of(running);
  const auto say_at = [&](Duration after, const Fact& fact) {
    pending_.push_back({now_ + after, fact});
  };
  if (how == Manner::slow) say_at({}, fact::Doing{running.node, running.incarnation, "drawn"});
  if (how == Manner::degrades) {
    say_at({}, fact::Degraded{running.node, running.incarnation, "drawn"});
  }
  if (how == Manner::stops) say_at({}, fact::StopRequested{});
  if (how == Manner::extends) {
    say_at(budget / 2, fact::Extended{running.node, running.incarnation, milliseconds{120}});
  }
  const auto course = course_of(how, budget, moment(running, 3, 8));
  // What was left behind is found when it is joined, in the stop.
  const bool stands = how == Manner::leaks && running.hook == Hook::stop;
  if (course.after && !stands) end(running, course.good, *course.after);
}

void MachineWorld::cancelled(const Running& running) {
  cancelled_.insert(running);
  const auto at = running_.find(running);
  if (at == running_.end()) return close(running);
  const auto soon = moment(running, 4, 3);
  switch (at->second) {
    case Manner::obeys:
      if (running.hook != Hook::start) return end(running, false, soon);
      pending_.push_back(
          {now_ + soon,
           fact::StartEnded{running.node, running.incarnation, Outcome::cancelled, {"drawn", {}}}});
      return;
    case Manner::throws_then:
      return end(running, false, soon);
    case Manner::succeeds_anyway:
      return end(running, true, soon);
    case Manner::late:
      return end(running, moment(running, 5, 2) == milliseconds{0}, milliseconds{200});
    default:
      return;  // it ends as it would have, or never
  }
}

// Cancelled before it was entered: that is the answer, unless it just has been entered.
void MachineWorld::close(const Running& running) {
  const auto entered = std::ranges::find_if(pending_, [&](const Happening& h) {
    const auto* fact = std::get_if<Fact>(&h.what);
    const auto* f = fact == nullptr ? nullptr : std::get_if<fact::Entered>(fact);
    return f != nullptr && f->node == running.node && f->incarnation == running.incarnation;
  });
  if (entered == pending_.end()) return;
  pending_.erase(entered);
  if (moment(running, 6, 3) == milliseconds{0}) {
    answers_.emplace_back(fact::Entered{running.node, running.incarnation});
  } else {
    answers_.emplace_back(
        fact::StartEnded{running.node, running.incarnation, Outcome::not_entered, {}});
  }
}

// ---- the outside

void MachineWorld::expect(const std::vector<std::uint32_t>& disturbances) {
  for (const auto i : disturbances) {
    const auto& disturbance = plan_.disturbances[i];
    pending_.push_back({now_ + disturbance.after, disturbance});
  }
}

void MachineWorld::disturb(const Disturbance& disturbance) {
  const auto node = graph_.size() == 0 ? 0 : cast_.node[disturbance.part];
  const auto incarnation = graph_.size() == 0 ? 0 : machine_.part(node).incarnation;
  switch (disturbance.act) {
    case Act::stop:
      return tell(fact::StopRequested{});
    case Act::hurry:
      return tell(fact::Hurried{});
    case Act::retry:
      return tell(fact::RetryRequested{});
    case Act::restart:
      return tell(fact::RestartRequested{});
    case Act::wait_ready:
      return tell(fact::WaitBegun{++waiters_, Goal::ready});
    case Act::wait_stopped:
      return tell(fact::WaitBegun{++waiters_, Goal::stopped});
    case Act::drop_wait:
      return tell(fact::WaitDropped{++dropped_});
    case Act::stall:
      now_ += milliseconds{1 + schedule_.below(400)};
      return;
    default:
      break;
  }
  if (graph_.size() == 0) return;
  switch (disturbance.act) {
    case Act::restart_part:
      return tell(fact::RestartRequested{node});
    case Act::die:
      return tell(fact::Died{node, incarnation, {"drawn", {}}});
    case Act::degrade:
      return tell(
          fact::Degraded{node, incarnation, machine_.part(node).degraded.empty() ? "drawn" : ""});
    case Act::echo:
      return echo(node);
    default:
      return;
  }
}

// What is over is reported once more: by an older incarnation, and by this one.
void MachineWorld::echo(NodeId node) {
  const auto current = machine_.part(node).incarnation;
  for (const auto incarnation : {current - 1, current}) {
    if (incarnation == 0 || incarnation > current) continue;
    const auto over = [&](Hook hook) { return !running_.contains({node, incarnation, hook}); };
    if (incarnation < current) {
      tell(fact::Entered{node, incarnation});
      tell(fact::Extended{node, incarnation, milliseconds{100}});
      tell(fact::Doing{node, incarnation, "echo"});
      tell(fact::Degraded{node, incarnation, "echo"});
      tell(fact::Died{node, incarnation, {"echo", {}}});
    } else if (machine_.part(node).starting) {
      continue;
    }
    for (const auto outcome : {Outcome::started, Outcome::failed}) {
      if (over(Hook::start)) tell(fact::StartEnded{node, incarnation, outcome, {"echo", {}}});
    }
    if (over(Hook::drain)) tell(fact::DrainEnded{node, incarnation, {}});
    if (over(Hook::stop)) tell(fact::StopEnded{node, incarnation, {}});
  }
}

// ---- time

// The next to happen before `limit`; the tick the machine asked for is one of them.
std::optional<MachineWorld::Happening> MachineWorld::next(TimePoint limit) {
  if (!answers_.empty()) {
    Happening answer{now_, std::move(answers_.front())};
    answers_.pop_front();
    return answer;
  }
  const auto tick = machine_.next_tick();
  auto earliest = tick ? *tick : TimePoint::max();
  for (const auto& h : pending_) earliest = std::min(earliest, h.at);
  if (earliest >= limit) return std::nullopt;
  now_ = std::max(now_, earliest);
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].at <= now_) due.push_back(i);
  }
  const bool tick_due = tick && *tick <= now_;
  const auto pick = schedule_.below(static_cast<std::uint32_t>(due.size() + (tick_due ? 1 : 0)));
  if (pick == due.size()) return Happening{now_, fact::Tick{}};
  Happening happening = std::move(pending_[due[pick]]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(due[pick]));
  return happening;
}

void MachineWorld::happen(const Happening& happening) {
  if (const auto* disturbance = std::get_if<Disturbance>(&happening.what)) {
    if (noisy()) disturb(*disturbance);
    return;
  }
  const auto& fact = std::get<Fact>(happening.what);
  if (const auto* f = std::get_if<fact::Entered>(&fact)) {
    const Running running{f->node, f->incarnation, Hook::start};
    tell(fact);
    enter(running);
    if (cancelled_.contains(running)) cancelled(running);
    return;
  }
  if (const auto* f = std::get_if<fact::StartEnded>(&fact)) {
    running_.erase({f->node, f->incarnation, Hook::start});
  } else if (const auto* g = std::get_if<fact::DrainEnded>(&fact)) {
    running_.erase({g->node, g->incarnation, Hook::drain});
  } else if (const auto* h = std::get_if<fact::StopEnded>(&fact)) {
    running_.erase({h->node, h->incarnation, Hook::stop});
  }
  tell(fact);
}

void MachineWorld::run(TimePoint until) {
  while (!oracles_.violation()) {
    if (steps_ > 50'000) return oracles_.object(8, "it never comes to rest");
    const auto happening = next(until);
    if (!happening) return;
    happen(*happening);
  }
}

// Nothing misbehaves any more: it comes to rest, a retry makes it ready, a stop ends it.
void MachineWorld::settle() {
  Duration budgets = plan_.limits.rollback;
  for (const auto& node : graph_.nodes()) {
    const auto& b = node.budgets;
    budgets += b.start_cap + b.drain + b.stop + 3 * b.grace + milliseconds{20};
  }
  const auto begun = now_;
  run(async::never);
  const bool stopping = oracles_.stop_requested();
  if (!stopping && now_ > begun + 2 * budgets) oracles_.object(8, "it settles too late");
  if (!stopping && machine_.state() == State::runtime_failed) {
    tell(fact::RetryRequested{});
    run(async::never);
    if (machine_.state() != State::runtime_ready) {
      oracles_.object(19, "a retry without faults does not make it ready");
    }
  }
  if (!stopping) tell(fact::StopRequested{});
  run(async::never);
}

Verdict MachineWorld::live() {
  tell(fact::WaitBegun{++waiters_, Goal::ready});
  const auto early = moments_.come(State::created);
  for (const auto i : early) disturb(plan_.disturbances[i]);
  tell(fact::Begun{});
  run(TimePoint{} + plan_.noise);
  now_ = std::max(now_, TimePoint{} + plan_.noise);
  settle();
  if (!oracles_.violation()) oracles_.at_end(machine_);
  return {oracles_.violation(), hash_, steps_};
}

}  // namespace

Verdict live_in_machine(const Plan& plan, Telling telling) {
  return MachineWorld{plan, telling, nullptr}.live();
}

Verdict live_in_machine(const Plan& plan, Witness& witness) {
  return MachineWorld{plan, Telling::silent, &witness}.live();
}

}  // namespace orrery::sim
