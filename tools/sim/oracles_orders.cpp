// The invariants of single orders and events.
#include "oracles.h"

namespace orrery::sim {

void Oracles::check(const order::Start& o) {
  Track& t = tracks_[o.node];
  if (stop_requested_) object(9, name(o.node) + " started after the stop request");
  if (o.incarnation != t.incarnation + 1) object(7, name(o.node) + " skipped an incarnation");
  if (occupied(t)) object(7, name(o.node) + " started while it still is");
  const bool down =
      state_ == State::rolling_back || state_ == State::draining || state_ == State::runtime_failed;
  if (down && !core(o.node)) {
    object(11, name(o.node) + " started while " + std::string{name_of(state_)});
  }
  for (const auto& s : alive_abandoned_) {
    if (s.node == o.node) object(19, name(o.node) + " started beside its former incarnation");
  }
  check_edges(o.node);
  t = Track{};
  t.incarnation = o.incarnation;
  t.start = Run::running;
  t.began = now_;
}

void Oracles::check_edges(NodeId id) {
  for (const auto below : graph_[id].needs) {
    if (!tracks_[below].up) object(6, name(id) + " started before " + name(below));
  }
  for (const auto below : graph_[id].after) {
    if (!tracks_[below].settled) {
      object(6, name(id) + " started before " + name(below) + " settled");
    }
  }
  for (auto p = std::uint8_t{0}; p < static_cast<std::uint8_t>(graph_[id].phase); ++p) {
    if (!phase_complete(static_cast<Phase>(p))) object(6, name(id) + " started before its phase");
  }
}

void Oracles::check(const order::Drain& o) {
  Track& t = tracks_[o.node];
  if (t.outcome != Outcome::started || t.drain != Run::no) {
    object(24, name(o.node) + " drained wrongly");
  }
  if (graph_[o.node].critical() && state_ == State::runtime_ready) {
    object(22, name(o.node) + " drained while ready");
  }
  for (const auto above : graph_[o.node].dependents) {
    const Track& d = tracks_[above];
    const bool dropped = d.drain == Run::no && (out_of_time(above) || hurried_);
    const bool over = d.drain == Run::over || d.stop != Run::no || dropped;
    if (d.up && !over) {
      object(24, name(o.node) + " drained before " + name(above));
    }
  }
  const auto lame = std::min({limits_.lame_duck, limits_.stop, limits_.rollback});
  if (state_ == State::draining && !hurried_ && now_ < lame_from_ + lame) {
    object(24, name(o.node) + " drained during the lame duck");
  }
  t.drain = Run::running;
  t.cancelled = false;
  t.why = StopReason::none;
  t.began = now_;
}

void Oracles::check(const order::Stop& o) {
  Track& t = tracks_[o.node];
  if (!t.entered) object(14, name(o.node) + " stopped without having been entered");
  if (++t.stops > 1) object(14, name(o.node) + " stopped twice");
  if (t.start == Run::running) object(14, name(o.node) + " stopped while its start runs");
  if (t.drain == Run::running) object(24, name(o.node) + " stopped while it drains");
  if (t.outcome != o.told && !(o.told == Outcome::timed_out && t.outcome != Outcome::started)) {
    object(14, name(o.node) + " was told a wrong outcome");
  }
  if (graph_[o.node].critical() && state_ == State::runtime_ready) {
    object(22, name(o.node) + " stopped while ready");
  }
  if (state_ == State::draining) object(24, name(o.node) + " stopped while draining");
  for (const auto above : graph_[o.node].dependents) {
    if (occupied(tracks_[above])) object(15, name(o.node) + " stopped before " + name(above));
  }
  t.stop = Run::running;
  if (t.up) t.settled = false;
  t.up = false;
  t.cancelled = false;
  t.why = StopReason::none;
  t.began = now_;
}

// The budget of the whole descent is used up, so that its hooks have none.
bool Oracles::out_of_time(NodeId id) const {
  const auto& began = core(id) ? core_descent_began_ : descent_began_;
  return began && now_ >= *began + std::min(limits_.stop, limits_.rollback);
}

void Oracles::check(const order::Cancel& o) {
  Track& t = tracks_[o.node];
  const auto& budgets = graph_[o.node].budgets;
  if (t.cancelled) object(10, name(o.node) + " cancelled twice");
  const bool at_work = o.hook == Hook::start   ? t.start == Run::running
                       : o.hook == Hook::drain ? t.drain == Run::running
                                               : t.stop == Run::running;
  if (!at_work) object(10, name(o.node) + " was cancelled in a hook that does not run");
  t.cancelled = true;
  t.why = o.reason;
  t.cancelled_at = now_;
  const bool total_over = out_of_time(o.node);
  if (o.hook == Hook::stop && !hurried_ && !total_over && now_ < t.began + budgets.stop) {
    object(17, name(o.node) + "'s stop did not get its own budget");
  }
  if (o.hook == Hook::drain && !hurried_ && !total_over && now_ < t.began + budgets.drain) {
    object(17, name(o.node) + "'s drain did not get its own budget");
  }
  if (o.reason != StopReason::deadline || o.hook != Hook::start) return;
  if (now_ < t.began + budgets.start) object(10, name(o.node) + "'s start was cut short");
  if (now_ < t.began + budgets.start + t.extended && t.entered) {
    object(10, name(o.node) + "'s start did not get its extension");
  }
}

void Oracles::check(const order::Wake& o) {
  const auto at = waiters_.find(o.waiter);
  if (at == waiters_.end()) return object(25, "a waiter was woken twice or never waited");
  const bool for_stop = at->second == Goal::stopped;
  if (for_stop && o.settled != Settled::stopped) object(25, "a stop waiter was misled");
  if (for_stop && state_ != State::stopped) object(25, "told stopped while not");
  if (o.settled == Settled::ready && state_ != State::runtime_ready) {
    object(25, "told ready while not");
  }
  if (o.settled == Settled::failed && !is_failed(state_)) object(25, "told failed while not");
  if (o.settled == Settled::stopped && !stop_requested_) object(25, "told stopped while not");
  waiters_.erase(at);
}

void Oracles::check(const LifecycleEvent& e) {
  std::visit([this](const auto& typed) { check(typed); }, e);
}

void Oracles::check(const event::StateChanged& e) {
  if (e.from != state_) object(1, "a transition from a state we were not in");
  if (e.version != ++version_) object(1, "the version did not grow by one");
  since_ = now_;
  const bool descended = e.from == State::rolling_back && e.to != State::stopping;
  if ((descended || e.to == State::stopped) && !descent_told_) {
    object(18, "a descent ended and nobody was told what is left");
  }
  descent_told_ = false;
  const bool descends =
      e.to == State::draining || e.to == State::rolling_back || e.to == State::stopping;
  if (!descends) {
    descent_began_.reset();
    if (!stop_requested_) core_descent_began_.reset();
  } else if (!descent_began_) {
    descent_began_ = now_;
  }
  if (e.to == State::draining || e.to == State::rolling_back) fell_ = true;
  if (e.to == State::draining) lame_from_ = now_;
  if (e.generation != generation_) {
    if (e.from != State::core_ready && !asked_up_) object(19, "brought up again without need");
    new_generation(e.generation);
  } else if (e.to == State::runtime_failed || e.to == State::stuck) {
    const bool ignored = asked_up_ && e.to == State::runtime_failed && e.from != State::stuck;
    if (ignored) object(19, "a retry that was waited for is not honoured");
    asked_up_ = false;
  }
  if (e.to == State::runtime_ready && (fell_ || stop_requested_)) object(22, "ready rose again");
  if (e.to == State::stopped && !stop_requested_) object(20, "stopped without being asked");
  if (e.to == State::core_ready) complete_once_[0] = true;
  if (e.to == State::runtime_ready) complete_once_[1] = true;
  if (e.to == State::runtime_ready && !ready_at_) ready_at_ = now_;
  state_ = e.to;
}

void Oracles::new_generation(Generation generation) {
  if (generation != generation_ + 1) object(19, "a generation was skipped");
  if (stop_requested_) object(9, "a generation began after the stop request");
  generation_ = generation;
  fell_ = false;
  asked_up_ = false;
  first_cause_.reset();
  ready_at_.reset();
  complete_once_[1] = false;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    if (core(id)) continue;
    if (occupied(tracks_[id])) object(19, name(id) + " is alive at the begin of a generation");
    tracks_[id].settled = false;
    tracks_[id].start = Run::no;
    slow_[id] = false;
  }
  for (const auto& s : alive_abandoned_) {
    if (!core(s.node)) object(19, name(s.node) + " survives into a generation");
  }
}

void Oracles::check(const event::PartStarted& e) {
  pay(Owed::started, e.node);
  const auto& span = tracks_[e.node].spans[static_cast<std::size_t>(Hook::start)];
  if (!span || e.took != span->end - span->begin || e.waited < Duration{}) {
    object(30, "it is not said how long the start of " + name(e.node) + " took");
  }
}

void Oracles::check(const event::PartStopped& e) {
  pay(Owed::stopped, e.node);
  if (e.took != now_ - tracks_[e.node].began) {
    object(30, "it is not said how long the stop of " + name(e.node) + " took");
  }
}

void Oracles::check(const event::PartDegraded& e) {
  pay(Owed::degraded, e.node);
  if (e.reason != tracks_[e.node].degraded) object(11, "another reason is told than was given");
}

void Oracles::check(const event::DescentEnded& e) {
  descent_told_ = true;
  if (e.left.size() != alive_abandoned_.size()) object(18, "it is not told who is left");
}

void Oracles::check(const event::PartFailed& e) {
  Track& t = tracks_[e.node];
  pay(e.hook == Hook::start   ? Owed::start_failed
      : e.hook == Hook::drain ? Owed::drain_failed
                              : Owed::stop_failed,
      e.node);
  if (e.failure.text.empty()) object(10, name(e.node) + " failed without a reason");
  if (e.outcome == Outcome::timed_out) {
    const bool named = e.failure.text.contains("'" + name(e.node) + "'") &&
                       e.failure.text.contains(name_of(e.hook)) && e.failure.text.contains(t.doing);
    if (!named) object(10, "it is not said whose budget ended: " + e.failure.text);
  }
  const bool late = t.why == StopReason::deadline || t.why == StopReason::hurry;
  if (e.outcome == Outcome::timed_out && !late) {
    object(10, name(e.node) + " is said to have been late and was not");
  }
  if (e.hook != Hook::start) return;
  const bool down = state_ == State::stopping || state_ == State::draining ||
                    (state_ == State::rolling_back && !core(e.node));
  if (t.outcome == Outcome::started && t.settled && !e.provoked && down && t.start == Run::over &&
      stop_requested_) {
    object(13, name(e.node) + " died on the way down and is called a cause");
  }
  t.settled = true;
  if (e.provoked || !graph_[e.node].critical() || stop_requested_) return;
  const bool rolling = state_ == State::rolling_back || state_ == State::draining;
  if (core(e.node) && !core_descent_began_) core_descent_began_ = now_;
  if (!first_cause_ || (core(e.node) && !rolling)) first_cause_ = e.node;
}

void Oracles::check(const event::PartSkipped& e) {
  tracks_[e.node].settled = true;
  skipped_.emplace_back(e.node, e.because);
  if (graph_[e.node].critical()) object(11, "critical " + name(e.node) + " was skipped");
}

void Oracles::check(const event::PartSlow& e) {
  slow_[e.node] = true;
  const auto& t = tracks_[e.node];
  if (now_ < t.began + graph_[e.node].budgets.slow) {
    object(30, name(e.node) + " called slow too early");
  }
  tracks_[e.node].slow_told = true;
  if (t.cancelled) object(30, name(e.node) + " called slow after its cancellation");
  if (t.start != Run::running) object(30, name(e.node) + " called slow while it does not start");
}

void Oracles::check(const event::HookAbandoned& e) {
  Track& t = tracks_[e.node];
  alive_abandoned_.insert({e.node, t.incarnation, e.hook});
  unclean_ = unclean_ || stop_requested_;
  close(e.node, e.hook, Outcome::timed_out);
  const bool graced = now_ >= t.cancelled_at + graph_[e.node].budgets.grace;
  if (!graced && !hurried_ && !out_of_time(e.node)) {
    object(10, name(e.node) + " was abandoned before its grace was over");
  }
  if (!t.cancelled) object(10, name(e.node) + " abandoned without having been asked to end");
  switch (e.hook) {
    case Hook::start:
      if (!t.entered) object(14, name(e.node) + " abandoned before it was entered");
      t.start = Run::over;
      t.outcome = Outcome::cancelled;
      t.settled = true;
      return;
    case Hook::drain:
      t.drain = Run::over;
      return;
    case Hook::stop:
      t.stop = Run::over;
      return;
  }
}

void Oracles::check(const event::Refused& e) {
  pay(Owed::refused);
  if (e.request == "retry" && !stop_requested_ && state_ == State::runtime_failed) {
    object(19, "a retry was refused although nothing is in its way");
  }
}

}  // namespace orrery::sim
