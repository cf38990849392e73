#include "oracles.h"

#include <algorithm>

#include "random.h"

namespace orrery::sim {

Oracles::Oracles(const Graph& graph, Limits limits)
    : graph_{graph}, limits_{limits}, tracks_(graph.size()), slow_(graph.size()) {}

void Oracles::object(int invariant, std::string text) {
  if (!violation_) violation_ = fmt::format("invariant {}: {}", invariant, text);
}

bool Oracles::at_rest() const {
  return std::ranges::none_of(tracks_, [&](const Track& t) { return running(t); });
}

// ---- what was told

void Oracles::before(TimePoint now, const Fact& fact, const Machine& machine) {
  if (!shown_) shown_ = shown(machine);
  const auto due = machine.next_tick();
  if (due && *due < now) late_ += now - std::max(*due, std::min(now, now_));
  now_ = std::max(now_, now);
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
  if (f.outcome == Outcome::started) owe(Owed::started, f.node);
  if (f.outcome == Outcome::failed || f.outcome == Outcome::cancelled) {
    owe(Owed::start_failed, f.node);
  }
  close(f.node, Hook::start, f.outcome);
  t.outcome = f.outcome;
  t.up = f.outcome == Outcome::started;
  if (t.up) t.doing.clear();
  t.settled = t.up || f.outcome == Outcome::failed || f.outcome == Outcome::cancelled;
}

void Oracles::saw(const fact::DrainEnded& f) {
  Track& t = tracks_[f.node];
  if (alive_abandoned_.erase({f.node, f.incarnation, Hook::drain}) > 0) return;
  if (t.incarnation != f.incarnation || t.drain != Run::running) return;
  t.drain = Run::over;
  if (f.failure || t.why == StopReason::deadline) owe(Owed::drain_failed, f.node);
  close(f.node, Hook::drain, Outcome::started);
}

void Oracles::saw(const fact::StopEnded& f) {
  Track& t = tracks_[f.node];
  if (alive_abandoned_.erase({f.node, f.incarnation, Hook::stop}) > 0) return;
  if (t.incarnation != f.incarnation || t.stop != Run::running) return;
  t.stop = Run::over;
  const bool well = !f.failure && !t.cancelled;
  owe(well ? Owed::stopped : Owed::stop_failed, f.node);
  unclean_ = unclean_ || (stop_requested_ && !well);
  close(f.node, Hook::stop, well ? Outcome::started : Outcome::failed);
}

void Oracles::saw(const fact::Extended& f) {
  Track& t = tracks_[f.node];
  const auto& budgets = graph_[f.node].budgets;
  if (t.incarnation != f.incarnation || t.start != Run::running) return;
  t.extended = std::min(t.extended + f.by, std::max(Duration{}, budgets.start_cap - budgets.start));
}

void Oracles::saw(const fact::Doing& f) {
  Track& t = tracks_[f.node];
  if (t.incarnation == f.incarnation && occupied(t)) t.doing = f.text;
}

void Oracles::saw(const fact::Degraded& f) {
  Track& t = tracks_[f.node];
  if (t.incarnation != f.incarnation || !occupied(t) || t.degraded == f.reason) return;
  t.degraded = f.reason;
  owe(Owed::degraded, f.node);
}

void Oracles::saw(const fact::RetryRequested&) {
  asked_up_ = asked_up_ || state_ == State::rolling_back || state_ == State::runtime_failed;
  if (stop_requested_ || state_ == State::stuck) owe(Owed::refused);
}

void Oracles::saw(const fact::RestartRequested& f) {
  const bool descends = state_ == State::rolling_back || state_ == State::draining;
  const bool up = state_ == State::runtime_ready || state_ == State::runtime_starting;
  if (!f.node) asked_up_ = asked_up_ || descends || up || state_ == State::runtime_failed;
  if (stop_requested_ || state_ == State::stuck) owe(Owed::refused);
}

void Oracles::saw(const fact::StopRequested&) {
  if (stop_requested_) return;
  stop_requested_ = true;
  stop_began_ = now_;
  if (!core_descent_began_) core_descent_began_ = now_;
}

void Oracles::saw(const fact::Hurried&) {
  if (stop_requested_ && !hurried_) hurried_ = now_;
}

void Oracles::saw(const fact::WaitBegun& f) { waiters_.emplace(f.waiter, f.goal); }

// ---- the end

void Oracles::at_end(const Machine& machine) {
  if (state_ != State::stopped) object(16, "never stopped");
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    if (t.entered && t.stops != 1) object(14, name(id) + " was entered but not stopped");
    if (occupied(t)) object(14, name(id) + " is not down");
  }
  if (!waiters_.empty()) object(25, "a waiter was never woken");
  if (machine.survivors() != alive_abandoned_) object(18, "the survivors are not those alive");
  if (machine.stopped_cleanly() != (alive_abandoned_.empty() && !unclean_)) {
    object(16, "it is not true whether everything stopped as asked");
  }
  check_spans(machine);
}

void Oracles::close(NodeId node, Hook hook, Outcome outcome) {
  const Track& t = tracks_[node];
  if (hook == Hook::start && !t.entered) return;
  tracks_[node].spans[static_cast<std::size_t>(hook)] = Span{.node = node,
                                                             .incarnation = t.incarnation,
                                                             .generation = generation_,
                                                             .hook = hook,
                                                             .begin = t.began,
                                                             .end = now_,
                                                             .outcome = outcome};
}

void Oracles::check_spans(const Machine& machine) {
  std::map<std::tuple<NodeId, Incarnation, Hook>, int> spans;
  for (const auto& span : machine.spans()) {
    if (span.end < span.begin) object(27, "a span of negative length");
    if (span.outcome == Outcome::none) object(30, "a span without an outcome");
    const auto& seen = tracks_[span.node].spans[static_cast<std::size_t>(span.hook)];
    const bool same = seen && seen->begin == span.begin && seen->end == span.end;
    if (span.incarnation == tracks_[span.node].incarnation && !same) {
      object(30, "a span does not last from entering to ending");
    }
    if (++spans[{span.node, span.incarnation, span.hook}] > 1) object(30, "a hook with two spans");
  }
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    if (t.entered && !spans.contains({id, t.incarnation, Hook::start})) {
      object(30, "a start without a span");
    }
    if (t.drain == Run::over && !spans.contains({id, t.incarnation, Hook::drain})) {
      object(30, "a drain without a span");
    }
    if (t.stops > 0 && !spans.contains({id, t.incarnation, Hook::stop})) {
      object(30, "a stop without a span");
    }
  }
}

// ---- for the exhaustive search

std::uint64_t Oracles::fingerprint() const {
  const auto since = [this](const std::optional<TimePoint>& at) {
    return at ? static_cast<std::uint64_t>((now_ - *at).count()) : ~std::uint64_t{0};
  };
  std::uint64_t print =
      mixed({static_cast<std::uint64_t>(state_), stop_requested_, fell_, first_cause_.value_or(~0U),
             since(hurried_), since(descent_began_), since(core_descent_began_), since(stop_began_),
             waiters_.size(), asked_up_});
  for (const bool once : complete_once_) print = mixed({print, once});
  for (NodeId id = 0; id < tracks_.size(); ++id) {
    const Track& t = tracks_[id];
    print =
        mixed({print, static_cast<std::uint64_t>(t.start), static_cast<std::uint64_t>(t.drain),
               static_cast<std::uint64_t>(t.stop), t.entered, t.up, t.settled, t.cancelled,
               static_cast<std::uint64_t>(t.why), t.slow_told, static_cast<std::uint64_t>(t.stops),
               static_cast<std::uint64_t>(t.outcome), running(t) ? since(t.began) : 0, slow_[id]});
  }
  for (const auto& s : alive_abandoned_) {
    const auto age = tracks_[s.node].incarnation - s.incarnation;
    print = mixed({print, s.node, age, static_cast<std::uint64_t>(s.hook)});
  }
  return print;
}

}  // namespace orrery::sim
