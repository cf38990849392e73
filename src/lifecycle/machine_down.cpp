// The machine's way down: cancel, drain, stop, abandon; and the alarms that enforce budgets.
#include <algorithm>

#include "core/text.h"
#include "lifecycle/machine.h"

namespace orrery::lifecycle {

// Makes the parts unwanted. The rest is `step_down`, as the edges allow.
void Machine::descend(const std::vector<NodeId>& ids, StopReason reason, WithDrain drain) {
  for (const auto id : ids) {
    Part& part = parts_[id];
    part.wanted = false;
    runnable_.erase(id);
    if (!part.occupied) continue;
    // Also one that is still starting: should it succeed, what it stands on drains after it.
    const bool may_drain = (part.outcome == Outcome::started || part.starting) && !part.stopping &&
                           part.drain == DrainState::not_needed;
    if (part.starting) cancel(id, Hook::start, reason);
    if (drain == WithDrain::yes && may_drain) need_drain(id);
    down_.insert(id);
  }
}

void Machine::begin_lame_duck() {
  if (limits_.lame_duck > Duration{}) lame_duck_until_ = now_ + limits_.lame_duck;
}

void Machine::cancel(NodeId id, Hook hook, StopReason reason) {
  Part& part = parts_[id];
  if (std::exchange(part.cancelled, true)) return;
  clear_alarms(id);
  begin_grace(id);
  orders_.emplace_back(order::Cancel{id, part.incarnation, hook, reason});
}

// From cancelled to abandoned; only ever shortened. A start that was not entered has no grace: it
// answers at once that it will not be, or that it just has been (fact::StartEnded).
void Machine::begin_grace(NodeId id) {
  if (parts_[id].entered) tighten(id, Alarm::grace, now_ + grace(id));
}

void Machine::need_drain(NodeId id) {
  parts_[id].drain = DrainState::pending;
  ++undrained_;
  for (const auto below : graph_[id].needs) ++parts_[below].undrained;
  for (const auto below : graph_[id].after) ++parts_[below].undrained;
}

void Machine::drained(NodeId id) {
  parts_[id].drain = DrainState::done;
  --undrained_;
  const auto lower = [&](NodeId below) {
    if (--parts_[below].undrained == 0) down_.insert(below);
  };
  for (const auto below : graph_[id].needs) lower(below);
  for (const auto below : graph_[id].after) lower(below);
  down_.insert(id);
}

// The next step down for one part, if its turn has come (inv 15, 24).
void Machine::step_down(NodeId id) {
  Part& part = parts_[id];
  if (part.wanted || !part.occupied || running(id)) return;
  if (part.drain == DrainState::pending) {
    if (lame_duck_until_ || part.undrained > 0) return;
    part.drain = DrainState::running;
    if (part.state == PartState::started) part.state = PartState::draining;
    part.hook_began = now_;
    part.cancelled = part.overdue = false;
    set_alarm(id, Alarm::budget, now_ + paced(id, graph_[id].budgets.drain));
    orders_.emplace_back(order::Drain{id, part.incarnation});
    return;
  }
  if (state_ == State::draining || part.above > 0) return;
  stop(id);
}

void Machine::stop(NodeId id) {
  Part& part = parts_[id];
  part.stopping = true;
  part.cancelled = part.overdue = false;
  if (part.state != PartState::failed) part.state = PartState::stopping;
  part.hook_began = now_;
  set_alarm(id, Alarm::budget, now_ + paced(id, graph_[id].budgets.stop));
  orders_.emplace_back(order::Stop{id, part.incarnation, part.outcome});
}

void Machine::on(const fact::DrainEnded& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation) || part.drain != DrainState::running) {
    forget_survivor(f.node, f.incarnation, Hook::drain);
    return;
  }
  clear_alarms(f.node);
  close_span(f.node, Hook::drain, part.overdue ? Outcome::timed_out : Outcome::started);
  if (f.failure || part.overdue) {
    note(event::PartFailed{.node = f.node,
                           .hook = Hook::drain,
                           .outcome = part.overdue ? Outcome::timed_out : Outcome::failed,
                           .failure = said(f.node, Hook::drain, f.failure),
                           .provoked = part.cancelled && !part.overdue});
  }
  drained(f.node);
}

void Machine::on(const fact::StopEnded& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation) || !part.stopping) {
    forget_survivor(f.node, f.incarnation, Hook::stop);
    return;
  }
  part.stopping = false;
  clear_alarms(f.node);
  const auto outcome = part.overdue ? Outcome::timed_out
                       : f.failure  ? Outcome::failed
                                    : Outcome::started;
  close_span(f.node, Hook::stop, outcome);
  if (outcome == Outcome::started) {
    note(event::PartStopped{f.node, now_ - part.hook_began});
  } else {  // inv 16: recorded by name, and on
    if (stop_requested_) ++stop_faults_;
    note(event::PartFailed{.node = f.node,
                           .hook = Hook::stop,
                           .outcome = outcome,
                           .failure = said(f.node, Hook::stop, f.failure),
                           .provoked = false});
  }
  freed(f.node);
}

// Nothing of the part is left: what it stands on may go, too.
void Machine::freed(NodeId id) {
  Part& part = parts_[id];
  if (!std::exchange(part.occupied, false)) return;
  if (part.drain == DrainState::pending) drained(id);
  --occupied_[static_cast<std::size_t>(graph_[id].phase)];
  if (part.again) --again_occupied_;
  if (part.state != PartState::failed) {
    part.state = part.outcome == Outcome::not_entered ? PartState::waiting : PartState::stopped;
  }
  const auto lower = [&](NodeId below) {
    if (--parts_[below].above == 0) down_.insert(below);
  };
  for (const auto below : graph_[id].needs) lower(below);
  for (const auto below : graph_[id].after) lower(below);
}

void Machine::revisit_down() {
  for (NodeId id = 0; id < parts_.size(); ++id) {
    down_.insert(id);
  }
}

// The hook outlived budget and grace. It goes down in the books as alive, and we go on.
void Machine::abandon(NodeId id) {
  Part& part = parts_[id];
  const Hook hook = *running(id);
  survivors_.insert({id, part.incarnation, hook});
  if (stop_requested_) ++stop_faults_;
  note(event::HookAbandoned{id, hook, part.doing});
  const auto outcome = part.overdue ? Outcome::timed_out : Outcome::cancelled;
  close_span(id, hook, outcome);
  switch (hook) {
    case Hook::start:
      part.starting = false;
      part.settled_at = now_;
      --starting_;
      return start_failed(id, outcome, {overdue_text(id, hook), {}});
    case Hook::drain:
      return drained(id);
    case Hook::stop:
      part.stopping = false;
      return freed(id);
  }
}

void Machine::on(const fact::Tick&) {
  while (!alarms_.empty() && std::get<TimePoint>(*alarms_.begin()) <= now_) {
    const auto [at, id, alarm] = *alarms_.begin();
    alarms_.erase(alarms_.begin());
    alarm_of_.erase({id, alarm});
    ring(id, alarm);
  }
  ring_totals();
}

void Machine::ring(NodeId id, Alarm alarm) {
  Part& part = parts_[id];
  const auto hook = running(id);
  if (!hook) return;
  switch (alarm) {
    case Alarm::slow:
      part.slow = true;
      note(event::PartSlow{.node = id,
                           .busy = now_ - part.entered_at,
                           .waited = part.entered_at - part.waiting_since,
                           .doing = part.doing});
      if (!graph_[id].critical()) {
        release(id);
        release_behind(id);
      }
      return;
    case Alarm::budget:
      part.overdue = true;
      return cancel(id, *hook, StopReason::deadline);
    case Alarm::grace:
      return abandon(id);
  }
}

void Machine::ring_totals() {
  if (lame_duck_until_ && now_ >= *lame_duck_until_) {
    lame_duck_until_.reset();
    revisit_down();
  }
  for (const auto at : {Side::core, Side::rest}) {
    auto& deadline = descent(at).deadline;
    if (!deadline || now_ < *deadline) continue;
    deadline.reset();
    set_pace(at, Pace::out_of_time);
  }
}

// Only ever tightens: no graces, then no time.
void Machine::set_pace(Side at, Pace pace) {
  if (pace <= descent(at).pace) return;
  descent(at).pace = pace;
  lame_duck_until_.reset();
  for (NodeId id = 0; id < parts_.size(); ++id) {
    Part& part = parts_[id];
    if (side(id) != at) continue;
    if (part.drain == DrainState::pending) drained(id);
    const auto hook = running(id);
    if (!hook) continue;
    // A stop hook keeps what it may still have; everything else is asked to end now.
    if (*hook == Hook::stop && pace != Pace::out_of_time && !part.cancelled) {
      tighten(id, Alarm::budget, now_ + paced(id, graph_[id].budgets.stop));
      continue;
    }
    // One that was asked to end before did not run out of time: it did not give way.
    if (pace == Pace::out_of_time && !part.cancelled) part.overdue = true;
    cancel(id, *hook, StopReason::hurry);
    begin_grace(id);
  }
  revisit_down();  // the lame duck is over for the other side, too
}

// ---- time

Duration Machine::paced(NodeId id, Duration budget) const {
  switch (descent(side(id)).pace) {
    case Pace::normal:
      return budget;
    case Pace::hurried:
      return std::min(budget, limits_.hurry);
    case Pace::out_of_time:
      return Duration{};
  }
  std::unreachable();
}

Duration Machine::grace(NodeId id) const { return paced(id, graph_[id].budgets.grace); }

std::optional<Hook> Machine::running(NodeId id) const {
  const Part& part = parts_[id];
  if (part.starting) return Hook::start;
  if (part.stopping) return Hook::stop;
  if (part.drain == DrainState::running) return Hook::drain;
  return std::nullopt;
}

void Machine::set_alarm(NodeId id, Alarm alarm, TimePoint at) {
  const auto [entry, fresh] = alarm_of_.try_emplace({id, alarm}, at);
  if (!fresh) alarms_.erase({entry->second, id, alarm});
  entry->second = at;
  alarms_.emplace(at, id, alarm);
}

// Only ever sooner.
void Machine::tighten(NodeId id, Alarm alarm, TimePoint at) {
  const auto due = alarm_of_.find({id, alarm});
  set_alarm(id, alarm, due == alarm_of_.end() ? at : std::min(due->second, at));
}

void Machine::clear_alarms(NodeId id) {
  for (const auto alarm : {Alarm::slow, Alarm::budget, Alarm::grace}) {
    const auto entry = alarm_of_.find({id, alarm});
    if (entry == alarm_of_.end()) continue;
    alarms_.erase({entry->second, id, alarm});
    alarm_of_.erase(entry);
  }
}

std::optional<TimePoint> Machine::next_tick() const {
  auto next = lame_duck_until_;
  const auto sooner = [&](TimePoint at) { next = std::min(next.value_or(at), at); };
  for (const auto& going : descents_) {
    if (going.deadline) sooner(*going.deadline);
  }
  if (!alarms_.empty()) sooner(std::get<TimePoint>(*alarms_.begin()));
  return next;
}

// A hook that ended past its budget failed by that, whatever it says itself.
Failure Machine::said(NodeId id, Hook hook, const std::optional<Failure>& failure) const {
  if (!parts_[id].overdue) return failure.value_or(Failure{});
  return {overdue_text(id, hook), failure.value_or(Failure{}).remedy};
}

// What exceeded which budget, what it was doing, and what others needed (inv 10).
std::string Machine::overdue_text(NodeId id, Hook hook) const {
  const Part& part = parts_[id];
  auto text = fmt::format("{} of '{}' {} after {}", name_of(hook), graph_[id].name,
                          part.overdue ? "exceeded its budget" : "did not give way",
                          human(now_ - part.hook_began));
  if (!part.doing.empty()) text += ", doing: " + part.doing;
  std::vector<std::pair<Duration, std::string_view>> finished;
  for (NodeId other = 0; other < parts_.size(); ++other) {
    const Part& p = parts_[other];
    if (p.outcome == Outcome::started)
      finished.emplace_back(p.settled_at - p.entered_at, graph_[other].name);
  }
  std::ranges::sort(finished, std::greater<>{});
  finished.resize(std::min<std::size_t>(finished.size(), 5));
  for (std::size_t i = 0; i < finished.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "; finished before it: " : ", ", finished[i].second,
                        human(finished[i].first));
  }
  return text;
}

}  // namespace orrery::lifecycle
