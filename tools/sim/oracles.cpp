#include "oracles.h"

#include <algorithm>

namespace orrery::sim {

Oracles::Oracles(const Graph& graph, Limits limits)
    : graph_{graph}, limits_{limits}, tracks_(graph.size()), slow_(graph.size()) {}

void Oracles::fail(int invariant, std::string text) {
  if (!violation_) violation_ = fmt::format("invariant {}: {}", invariant, text);
}

// ---- facts

void Oracles::before(TimePoint now, const Fact& fact) {
  if (now < now_) fail(27, "time went backwards");
  now_ = now;
  std::visit([this](const auto& f) { saw(f); }, fact);
}

void Oracles::saw(const fact::Entered& f) {
  Track& t = tracks_[f.node];
  if (t.incarnation != f.incarnation || t.start != Run::running) return;
  t.entered = true;
  t.began = now_;
}

void Oracles::saw(const fact::StartEnded& f) {
  Track& t = tracks_[f.node];
  if (alive_abandoned_.erase({f.node, f.incarnation, Hook::start}) > 0) return;
  if (t.incarnation != f.incarnation || t.start != Run::running) return;
  t.start = Run::over;
  t.outcome = f.outcome;
  t.up = f.outcome == Outcome::started;
  t.settled = t.up || f.outcome == Outcome::failed || f.outcome == Outcome::cancelled;
  t.failed = !t.up;
}

void Oracles::saw(const fact::DrainEnded& f) {
  Track& t = tracks_[f.node];
  if (alive_abandoned_.erase({f.node, f.incarnation, Hook::drain}) > 0) return;
  if (t.incarnation == f.incarnation && t.drain == Run::running) t.drain = Run::over;
}

void Oracles::saw(const fact::StopEnded& f) {
  Track& t = tracks_[f.node];
  if (alive_abandoned_.erase({f.node, f.incarnation, Hook::stop}) > 0) return;
  if (t.incarnation == f.incarnation && t.stop == Run::running) t.stop = Run::over;
}

void Oracles::saw(const fact::Extended& f) {
  Track& t = tracks_[f.node];
  const auto& budgets = graph_[f.node].budgets;
  if (t.incarnation == f.incarnation) {
    t.extended =
        std::min(t.extended + f.by, std::max(Duration{}, budgets.start_cap - budgets.start));
  }
}

void Oracles::saw(const fact::Died& f) {
  Track& t = tracks_[f.node];
  if (t.incarnation == f.incarnation && t.up) t.failed = true;
}

void Oracles::saw(const fact::StopRequested&) {
  if (stop_requested_) return;
  stop_requested_ = true;
  stop_began_ = now_;
  was_ready_at_stop_ = state_ == State::runtime_ready;
}

void Oracles::saw(const fact::Hurried&) {
  if (stop_requested_) hurried_ = true;
}

void Oracles::saw(const fact::WaitBegun& f) { waiters_.emplace(f.waiter, f.goal); }

// ---- orders

void Oracles::after(const Machine& machine, const Orders& orders) {
  for (const auto& order : orders) {
    std::visit([this](const auto& o) { check(o); }, order);
  }
  if (machine.state() != state_) fail(1, "the state changed without being published");
  check_ready(machine);
  check_work_conserving(machine);
  check_budgets();
}

bool Oracles::occupied(const Track& t) const {
  if (t.start == Run::running) return true;
  return t.entered && t.stop != Run::over;
}

bool Oracles::phase_complete(Phase phase) const {
  const auto p = static_cast<std::size_t>(phase);
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    if (graph_[id].phase != phase) continue;
    const Track& t = tracks_[id];
    // A degradable part that is restarted later does not undo the phase.
    const bool held = !t.settled && !slow_[id] && t.start != Run::no && !complete_once_[p];
    const bool complete = graph_[id].critical() ? t.up : !held;
    if (!complete) return false;
  }
  return true;
}

void Oracles::check(const order::Start& o) {
  Track& t = tracks_[o.node];
  if (stop_requested_) fail(9, name(o.node) + " started after the stop request");
  if (o.incarnation != t.incarnation + 1) fail(7, name(o.node) + " skipped an incarnation");
  if (occupied(t)) fail(7, name(o.node) + " started while it still is");
  const bool down =
      state_ == State::rolling_back || state_ == State::draining || state_ == State::runtime_failed;
  if (down && graph_[o.node].phase != Phase::core) {
    fail(11, name(o.node) + " started while " + std::string{name_of(state_)});
  }
  for (const auto& s : alive_abandoned_) {
    if (s.node == o.node) fail(19, name(o.node) + " started beside its former incarnation");
  }
  for (const auto below : graph_[o.node].needs) {
    if (!tracks_[below].up) fail(6, name(o.node) + " started before " + name(below));
  }
  for (const auto below : graph_[o.node].after) {
    if (!tracks_[below].settled)
      fail(6, name(o.node) + " started before " + name(below) + " settled");
  }
  for (auto p = std::uint8_t{0}; p < static_cast<std::uint8_t>(graph_[o.node].phase); ++p) {
    if (!phase_complete(static_cast<Phase>(p))) fail(6, name(o.node) + " started before its phase");
  }
  t = Track{};
  t.incarnation = o.incarnation;
  t.start = Run::running;
  t.began = now_;
}

void Oracles::check(const order::Drain& o) {
  Track& t = tracks_[o.node];
  if (t.outcome != Outcome::started || t.drain != Run::no)
    fail(24, name(o.node) + " drained wrongly");
  if (graph_[o.node].critical() && state_ == State::runtime_ready) {
    fail(22, name(o.node) + " drained while ready");
  }
  for (const auto above : graph_[o.node].dependents) {
    const Track& d = tracks_[above];
    if (d.up && (d.drain == Run::running || (d.drain == Run::no && d.stop == Run::no))) {
      fail(24, name(o.node) + " drained before " + name(above));
    }
  }
  const bool lame = stop_requested_ && was_ready_at_stop_ && !hurried_;
  if (lame && now_ < *stop_began_ + std::min(limits_.lame_duck, limits_.stop)) {
    fail(24, name(o.node) + " drained during the lame duck");
  }
  t.drain = Run::running;
  t.cancelled = false;
  t.began = now_;
}

void Oracles::check(const order::Stop& o) {
  Track& t = tracks_[o.node];
  if (!t.entered) fail(14, name(o.node) + " stopped without having been entered");
  if (++t.stops > 1) fail(14, name(o.node) + " stopped twice");
  if (t.start == Run::running) fail(14, name(o.node) + " stopped while its start runs");
  if (t.outcome != o.told && !(o.told == Outcome::timed_out && t.outcome != Outcome::started)) {
    fail(14, name(o.node) + " was told a wrong outcome");
  }
  if (graph_[o.node].critical() && state_ == State::runtime_ready) {
    fail(22, name(o.node) + " stopped while ready");
  }
  if (state_ == State::draining) fail(24, name(o.node) + " stopped while draining");
  for (const auto above : graph_[o.node].dependents) {
    if (occupied(tracks_[above])) fail(15, name(o.node) + " stopped before " + name(above));
  }
  t.stop = Run::running;
  if (t.up) t.settled = false;
  t.up = false;
  t.cancelled = false;
  t.began = now_;
}

void Oracles::check(const order::Cancel& o) {
  Track& t = tracks_[o.node];
  const auto& budgets = graph_[o.node].budgets;
  if (t.cancelled) fail(10, name(o.node) + " cancelled twice");
  t.cancelled = true;
  t.cancelled_at = now_;
  const bool total_over =
      descent_began_ && now_ >= *descent_began_ + std::min(limits_.stop, limits_.rollback);
  if (o.reason == StopReason::deadline && o.hook == Hook::stop && !hurried_ && !total_over &&
      now_ < t.began + budgets.stop) {
    fail(17, name(o.node) + "'s stop did not get its own budget");
  }
  if (o.reason == StopReason::deadline && o.hook == Hook::start && now_ < t.began + budgets.start) {
    fail(10, name(o.node) + "'s start was cut short");
  }
}

void Oracles::check(const order::Wake& o) {
  const auto at = waiters_.find(o.waiter);
  if (at == waiters_.end()) return fail(25, "a waiter was woken twice or never waited");
  if (at->second == Goal::stopped && o.settled != Settled::stopped)
    fail(25, "a stop waiter was misled");
  if (o.settled == Settled::ready && state_ != State::runtime_ready)
    fail(25, "told ready while not");
  if (o.settled == Settled::stopped && !stop_requested_) fail(25, "told stopped while not");
  waiters_.erase(at);
}

void Oracles::check(const LifecycleEvent& e) {
  std::visit([this](const auto& typed) { check(typed); }, e);
}

void Oracles::check(const event::StateChanged& e) {
  if (e.from != state_) fail(1, "a transition from a state we were not in");
  if (e.version != ++version_) fail(1, "the version did not grow by one");
  const bool descends =
      e.to == State::draining || e.to == State::rolling_back || e.to == State::stopping;
  if (!descends) {
    descent_began_.reset();
  } else if (!descent_began_) {
    descent_began_ = now_;
  }
  if (e.to == State::draining || e.to == State::rolling_back) fell_ = true;
  if (e.generation != generation_) {
    if (e.generation != generation_ + 1) fail(19, "a generation was skipped");
    generation_ = e.generation;
    fell_ = false;
    first_cause_.reset();
    complete_once_[1] = false;
    for (NodeId id = 0; id < tracks_.size(); ++id) {
      if (graph_[id].phase == Phase::core) continue;
      if (occupied(tracks_[id])) fail(19, name(id) + " is alive at the begin of a generation");
      tracks_[id].settled = tracks_[id].failed = false;
      tracks_[id].start = Run::no;
      slow_[id] = false;
    }
    for (const auto& s : alive_abandoned_) {
      if (graph_[s.node].phase != Phase::core)
        fail(19, name(s.node) + " survives into a generation");
    }
  }
  if (e.to == State::runtime_ready && (fell_ || stop_requested_)) fail(22, "ready rose again");
  if (e.to == State::core_ready) complete_once_[0] = true;
  if (e.to == State::runtime_ready) complete_once_[1] = true;
  state_ = e.to;
}

void Oracles::check(const event::PartFailed& e) {
  if (e.hook != Hook::start) return;
  Track& t = tracks_[e.node];
  t.settled = t.failed = true;
  if (!e.provoked && graph_[e.node].critical() && !first_cause_ && !stop_requested_)
    first_cause_ = e.node;
}

void Oracles::check(const event::PartSkipped& e) {
  tracks_[e.node].settled = true;
  if (graph_[e.node].critical()) fail(11, "critical " + name(e.node) + " was skipped");
}

void Oracles::check(const event::PartSlow& e) {
  slow_[e.node] = true;
  const auto& t = tracks_[e.node];
  if (now_ < t.began + graph_[e.node].budgets.slow)
    fail(30, name(e.node) + " called slow too early");
}

void Oracles::check(const event::HookAbandoned& e) {
  Track& t = tracks_[e.node];
  alive_abandoned_.insert({e.node, t.incarnation, e.hook});
  switch (e.hook) {
    case Hook::start:
      t.start = Run::over;
      t.outcome = Outcome::cancelled;
      t.failed = t.settled = true;
      return;
    case Hook::drain:
      t.drain = Run::over;
      return;
    case Hook::stop:
      t.stop = Run::over;
      return;
  }
}

// ---- after each step

void Oracles::check_ready(const Machine& machine) {
  if (!machine.ready()) return;
  if (stop_requested_) fail(21, "ready after a stop request");
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    if (graph_[id].critical() && !tracks_[id].up) fail(21, "ready without " + name(id));
  }
}

// At rest nothing that could start is left waiting.
void Oracles::check_work_conserving(const Machine& machine) {
  if (limits_.parallel_starts > 0) return;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const auto& part = machine.part(id);
    if (!part.wanted || part.state != PartState::waiting) continue;
    bool runnable = true;
    for (const auto below : graph_[id].needs) runnable = runnable && tracks_[below].up;
    for (const auto below : graph_[id].after) {
      const auto& other = machine.part(below);
      const bool to_start = other.wanted && other.state == PartState::waiting;
      runnable = runnable && tracks_[below].settled && !to_start;
    }
    const bool runtime = state_ == State::runtime_starting || state_ == State::runtime_ready;
    const bool open = graph_[id].phase == Phase::core ||
                      (graph_[id].phase == Phase::runtime && runtime) ||
                      (graph_[id].phase == Phase::online && state_ == State::runtime_ready);
    if (runnable && open) fail(8, name(id) + " could start but waits");
  }
}

// No hook is still waited for past budget and grace.
void Oracles::check_budgets() {
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    const auto& b = graph_[id].budgets;
    if (t.start == Run::running && now_ > t.began + b.start + t.extended + b.grace) {
      fail(10, name(id) + "'s start is waited for past its budget");
    }
    if (t.drain == Run::running && now_ > t.began + b.drain + b.grace)
      fail(10, name(id) + "'s drain");
    if (t.stop == Run::running && now_ > t.began + b.stop + b.grace) fail(10, name(id) + "'s stop");
  }
  if (stop_began_ && state_ != State::stopped && now_ > *stop_began_ + limits_.stop) {
    fail(16, "the stop exceeds its total budget");
  }
}

void Oracles::at_end(const Machine& machine) {
  if (state_ != State::stopped) fail(16, "never stopped");
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    if (t.entered && t.stops != 1) fail(14, name(id) + " was entered but not stopped");
    if (occupied(t)) fail(14, name(id) + " is not down");
  }
  if (!waiters_.empty()) fail(25, "a waiter was never woken");
  if (machine.survivors() != alive_abandoned_) fail(18, "the survivors are not those alive");
  std::map<std::tuple<NodeId, Incarnation, Hook>, int> spans;
  for (const auto& span : machine.spans()) {
    if (span.end < span.begin) fail(27, "a span of negative length");
    if (++spans[{span.node, span.incarnation, span.hook}] > 1) fail(30, "a hook with two spans");
  }
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    if (t.entered && !spans.contains({id, t.incarnation, Hook::start}))
      fail(30, "a start without a span");
    if (t.stops > 0 && !spans.contains({id, t.incarnation, Hook::stop}))
      fail(30, "a stop without a span");
  }
}

}  // namespace orrery::sim
