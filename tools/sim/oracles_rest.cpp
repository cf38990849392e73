// The invariants that hold after each step.
#include <algorithm>

#include "oracles.h"
#include "random.h"

namespace orrery::sim {

void Oracles::after(const Orders& orders, const Machine& machine) {
  for (const auto& order : orders) {
    std::visit([this](const auto& o) { check(o); }, order);
  }
  if (machine.state() != state_) object(1, "the state changed without being published");
  check_ready(machine);
  check_starts(machine);
  check_stops(machine);
  check_waiters(machine);
  check_shown(machine);
  check_parts(machine);
  if (!owed_.empty()) object(30, "a step was not told");
  owed_.clear();
  check_cause(machine);
  check_clock(machine);
  const auto due = machine.next_tick();
  if (due && *due <= now_) return;  // it has yet to hear what time it is
  check_budgets();
  check_drains(machine);
  check_slow();
  check_progress(machine);
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

void Oracles::check_ready(const Machine& machine) {
  if (machine.ready() != (state_ == State::runtime_ready && !stop_requested_)) {
    object(21, "ready is not what the state says");
  }
  if (!machine.ready()) return;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    if (graph_[id].critical() && !tracks_[id].up) object(21, "ready without " + name(id));
  }
}

// Nothing that could start is left waiting.
void Oracles::check_starts(const Machine& machine) {
  const auto starting = static_cast<std::size_t>(
      std::ranges::count_if(tracks_, [](const Track& t) { return t.start == Run::running; }));
  if (limits_.parallel_starts > 0 && starting >= limits_.parallel_starts) {
    if (starting > limits_.parallel_starts) object(8, "more starts at once than allowed");
    return;
  }
  const bool runtime = state_ == State::runtime_starting || state_ == State::runtime_ready;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const auto& part = machine.part(id);
    if (!part.wanted || part.state != PartState::waiting) continue;
    bool runnable = core(id) || (graph_[id].phase == Phase::runtime && runtime) ||
                    state_ == State::runtime_ready;
    for (const auto below : graph_[id].needs) runnable = runnable && tracks_[below].up;
    for (const auto below : graph_[id].after) {
      const auto& other = machine.part(below);
      const bool to_start = other.wanted && other.state == PartState::waiting;
      runnable = runnable && tracks_[below].settled && !to_start;
    }
    if (runnable) object(8, name(id) + " could start but waits");
  }
}

// Nothing that has to drain, and could, waits for anything but the lame duck.
void Oracles::check_drains(const Machine& machine) {
  if (state_ == State::draining && now_ <= lame_from_ + limits_.lame_duck) return;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const auto& part = machine.part(id);
    const bool may = std::ranges::none_of(graph_[id].dependents, [&](NodeId above) {
      const auto drain = machine.part(above).drain;
      return drain == Machine::DrainState::pending || drain == Machine::DrainState::running;
    });
    if (part.drain == Machine::DrainState::pending && may && !running(tracks_[id])) {
      object(24, name(id) + " could drain but stands");
    }
  }
}

// Nothing that must go, and could, is left standing.
void Oracles::check_stops(const Machine& machine) {
  if (state_ == State::draining) return;
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    if (!t.entered || running(t) || t.stop != Run::no) continue;
    const bool must_go = state_ == State::stopping ||
                         (state_ == State::rolling_back && !core(id)) || machine.part(id).again ||
                         t.outcome != Outcome::started;
    const bool may_go = std::ranges::none_of(
        graph_[id].dependents, [&](NodeId above) { return occupied(tracks_[above]); });
    if (must_go && may_go) object(15, name(id) + " could stop but stands");
  }
}

// The whole moves on when nothing holds it, and never waits for nothing.
void Oracles::check_progress(const Machine& machine) {
  const bool resting = state_ == State::created || state_ == State::core_failed ||
                       state_ == State::runtime_failed || state_ == State::runtime_ready ||
                       state_ == State::stuck || state_ == State::stopped;
  if (!resting && at_rest() && !machine.next_tick()) {
    object(8, "nothing happens any more while " + std::string{name_of(state_)});
  }
  bool again = false;
  for (NodeId id = 0; id < tracks_.size(); ++id) again = again || machine.part(id).again;
  if (at_rest() && again && state_ == State::runtime_ready) {
    object(29, "a restart was asked for and is not done");
  }
}

// It asks for time only while time can change something.
void Oracles::check_clock(const Machine& machine) {
  const auto due = machine.next_tick();
  if (due && state_ == State::stopped) object(28, "it needs a clock although it has stopped");
  if (due && at_rest() && is_failed(state_)) object(28, "it needs a clock although it rests");
}

void Oracles::check_waiters(const Machine& machine) {
  for (const auto& [id, goal] : waiters_) {
    const bool over =
        state_ == State::stopped || (goal == Goal::ready && (stop_requested_ || is_failed(state_)));
    const bool ready = goal == Goal::ready && machine.ready() && at_rest();
    if (over || ready) object(25, fmt::format("waiter {} waits for nothing", id));
  }
}

// What a person would see, as a number.
std::uint64_t Oracles::shown(const Machine& machine) const {
  std::uint64_t shown =
      mixed({machine.version(), machine.stop_requested(), machine.survivors().size()});
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const auto& part = machine.part(id);
    shown = mixed({shown, static_cast<std::uint64_t>(part.state), part.incarnation, part.slow,
                   part.entered, part.degraded.size(), part.doing.size(),
                   static_cast<std::uint64_t>(part.entered_at.time_since_epoch().count())});
  }
  return shown;
}

// When that changes, the revision has grown, or the page would stay as it was.
void Oracles::check_shown(const Machine& machine) {
  const auto now = shown(machine);
  if (now != shown_ && machine.revision() == revision_) {
    object(3, "what is shown changed and the revision did not");
  }
  shown_ = now;
  revision_ = machine.revision();
}

// What is shown of each part is what happens to it.
void Oracles::check_parts(const Machine& machine) {
  if (machine.since() != since_ || machine.ready_at() != ready_at_) {
    object(3, "the time of the state is not when it came");
  }
  for (const auto& [id, because] : std::exchange(skipped_, {})) {
    const auto& needs = graph_[id].needs;
    const auto& text = machine.part(id).failure.text;
    const bool needed = std::ranges::find(needs, because) != needs.end();
    if (!needed || !text.contains("'" + name(because) + "'")) {
      object(11, "it is not said why " + name(id) + " was skipped");
    }
    if (machine.part(id).wanted) object(11, name(id) + " was skipped and is still wanted");
  }
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    const auto state = machine.part(id).state;
    const bool died = state == PartState::failed;
    const bool shown = t.start == Run::running   ? state == PartState::starting
                       : t.stop == Run::running  ? died || state == PartState::stopping
                       : t.drain == Run::running ? died || state == PartState::draining
                                                 : true;
    if (!shown) object(3, "the state of " + name(id) + " is not what it does");
    const bool busy = state == PartState::starting || state == PartState::started ||
                      state == PartState::draining || state == PartState::stopping;
    if (t.stop == Run::over && busy) object(3, name(id) + " is down and not shown so");
    if (t.start == Run::over && state == PartState::failed &&
        machine.part(id).failure.text.empty()) {
      object(11, name(id) + " failed and does not show why");
    }
    const auto& span = t.spans[static_cast<std::size_t>(Hook::start)];
    if (span && occupied(t) && machine.part(id).settled_at != span->end) {
      object(30, name(id) + " is not shown as settled when it was");
    }
    if (occupied(t) && machine.part(id).doing != t.doing) {
      object(10, name(id) + " is not shown doing what it does");
    }
    if (occupied(t) && machine.part(id).degraded != t.degraded) {
      object(11, name(id) + " is not shown as degraded as it is");
    }
    if (occupied(t) && machine.part(id).slow != t.slow_told) {
      object(30, name(id) + " is not shown as slow as it is");
    }
  }
}

// Told once, as soon as it is so.
void Oracles::check_slow() {
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    const bool slow = t.start == Run::running && t.entered && !t.cancelled &&
                      now_ >= t.began + graph_[id].budgets.slow;
    if (slow && !t.slow_told) object(30, name(id) + " is slow and nobody was told");
  }
}

void Oracles::check_cause(const Machine& machine) {
  if (state_ != State::runtime_failed && state_ != State::core_failed && state_ != State::stuck)
    return;
  if (!machine.failure()) return object(13, "failed without a cause");
  if (first_cause_ && machine.failure()->first != first_cause_) {
    object(13, "the first cause was not kept");
  }
}

// No hook is still waited for past budget and grace.
void Oracles::check_budgets() {
  const auto check_one = [&](NodeId id, const Track& t, Hook hook, Duration budget) {
    const auto grace = graph_[id].budgets.grace;
    auto until = t.began + budget + grace;
    if (hurried_) until = std::min(until, std::max(t.began, *hurried_) + 2 * limits_.hurry);
    if (now_ > until + late_) {
      object(10, fmt::format("{}'s {} is waited for past its budget", name(id),
                             lifecycle::name_of(hook)));
    }
  };
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    const auto& b = graph_[id].budgets;
    if (t.start == Run::running) check_one(id, t, Hook::start, b.start + t.extended);
    if (t.drain == Run::running) check_one(id, t, Hook::drain, b.drain);
    if (t.stop == Run::running) check_one(id, t, Hook::stop, b.stop);
  }
  const bool takes_back = state_ == State::draining || state_ == State::rolling_back;
  if (takes_back && !stop_requested_ && descent_began_) {
    const auto began = std::max(*descent_began_, core_descent_began_.value_or(*descent_began_));
    if (now_ > began + limits_.rollback + late_) object(17, "the roll-back exceeds its budget");
  }
  if (stop_began_ && state_ != State::stopped && now_ > *stop_began_ + limits_.stop + late_) {
    object(16, "the stop exceeds its total budget");
  }
}

}  // namespace orrery::sim
