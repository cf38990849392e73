// The machine's way up: phases, starts, failures, restarts of single parts.
#include <algorithm>

#include "lifecycle/machine.h"

namespace orrery::lifecycle {

void Machine::begin_generation(std::string cause) {
  ++generation_;
  failure_.reset();
  ready_at_.reset();
  served_ = false;
  open_[1] = open_[2] = false;
  transition(State::runtime_starting, std::move(cause));
  begin_up(ids(Phase::runtime, Phase::online));
  open_phase(Phase::runtime);
}

// Makes the parts wanted, as new incarnations. Requires: none of them is occupied.
void Machine::begin_up(const std::vector<NodeId>& ids) {
  for (const auto id : ids) {
    Part& part = parts_[id];
    const bool held = part.holds;
    const auto incarnation = part.incarnation;
    part = Part{};
    part.incarnation = incarnation;
    part.wanted = true;
    part.holds = true;
    part.waiting_since = now_;
    if (!held) ++holding_[static_cast<std::size_t>(graph_[id].phase)];
  }
  // Ascending numbers: what a part stands on has been reset, or skipped, before it is counted.
  for (const auto id : ids) count_unmet(id);
}

void Machine::count_unmet(NodeId id) {
  Part& part = parts_[id];
  for (const auto below : graph_[id].needs) {
    const auto state = parts_[below].state;
    if (state == PartState::failed || state == PartState::skipped) return skip(id, below);
    if (state != PartState::started) ++part.unmet;
  }
  for (const auto below : graph_[id].after) {
    const auto state = parts_[below].state;
    const bool settled =
        state == PartState::started || state == PartState::failed || state == PartState::skipped;
    if (!settled) ++part.unmet;
  }
  if (part.unmet == 0 && open_[static_cast<std::size_t>(graph_[id].phase)]) runnable_.insert(id);
}

void Machine::open_phase(Phase phase) {
  open_[static_cast<std::size_t>(phase)] = true;
  for (const auto id : ids(phase, phase)) {
    Part& part = parts_[id];
    if (part.state != PartState::waiting) continue;
    part.waiting_since = now_;
    if (part.unmet == 0) runnable_.insert(id);
  }
}

void Machine::start_runnable() {
  while (!runnable_.empty()) {
    if (limits_.parallel_starts > 0 && starting_ >= limits_.parallel_starts) return;
    const auto id = *runnable_.begin();
    runnable_.erase(runnable_.begin());
    start(id);
  }
}

void Machine::start(NodeId id) {
  Part& part = parts_[id];
  if (has_survivor(id)) {  // inv 19, for one part
    return start_failed(
        id, Outcome::failed,
        {"its former incarnation has not ended", "stop the program and start it again"});
  }
  ++part.incarnation;
  part.occupied = part.starting = true;
  part.state = PartState::starting;
  part.hook_began = now_;
  ++starting_;
  ++occupied_[static_cast<std::size_t>(graph_[id].phase)];
  for (const auto below : graph_[id].needs) ++parts_[below].above;
  for (const auto below : graph_[id].after) ++parts_[below].above;
  // From the order for now, so that a strand that never runs the hook is noticed; from entered
  // once it is.
  set_alarm(id, Alarm::budget, now_ + graph_[id].budgets.start);
  orders_.emplace_back(order::Start{id, part.incarnation});
}

void Machine::on(const fact::Entered& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation)) return;
  part.entered = true;
  part.entered_at = part.hook_began = now_;
  if (part.cancelled) return begin_grace(f.node);
  set_alarm(f.node, Alarm::budget, now_ + graph_[f.node].budgets.start);
  set_alarm(f.node, Alarm::slow, now_ + graph_[f.node].budgets.slow);
}

void Machine::on(const fact::StartEnded& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation) || !part.starting) {
    forget_survivor(f.node, f.incarnation, Hook::start);
    return;
  }
  part.starting = false;
  part.settled_at = now_;
  --starting_;
  clear_alarms(f.node);
  if (f.outcome == Outcome::started) return became_started(f.node);  // inv 12
  const auto outcome = part.overdue ? Outcome::timed_out : f.outcome;
  const auto failure = said(f.node, Hook::start, f.failure);
  close_span(f.node, Hook::start, outcome);
  if (f.outcome == Outcome::not_entered && !part.wanted) {
    part.outcome = Outcome::not_entered;
    return freed(f.node);
  }
  start_failed(f.node, outcome, failure);
}

void Machine::became_started(NodeId id) {
  Part& part = parts_[id];
  part.state = PartState::started;
  part.outcome = Outcome::started;
  part.doing.clear();
  close_span(id, Hook::start, Outcome::started);
  note(event::PartStarted{
      .node = id, .took = now_ - part.entered_at, .waited = part.entered_at - part.waiting_since});
  if (!part.wanted) {
    down_.insert(id);
    return;
  }
  release(id);
  for (const auto above : graph_[id].dependents) {
    Part& dependent = parts_[above];
    if (!dependent.wanted) continue;
    const bool open = open_[static_cast<std::size_t>(graph_[above].phase)];
    if (--dependent.unmet == 0 && open) runnable_.insert(above);
  }
  if (part.died) die(id, *std::exchange(part.died, std::nullopt));
}

// The part is over before it was started. Its own stop follows if it was entered (inv 14).
void Machine::start_failed(NodeId id, Outcome outcome, Failure failure) {
  Part& part = parts_[id];
  part.state = PartState::failed;
  part.outcome = outcome;
  part.failure = failure;
  note(event::PartFailed{.node = id,
                         .hook = Hook::start,
                         .outcome = outcome,
                         .failure = failure,
                         .provoked = !part.wanted});
  if (part.wanted && graph_[id].critical()) {
    fail_generation(id, failure);
  } else if (part.wanted) {
    part.wanted = false;
    release(id);
    settle_dependents(id, Was::waiting);
  }
  if (part.drain == DrainState::pending) drained(id);  // there is nothing to drain
  if (part.entered) {
    down_.insert(id);
  } else {
    freed(id);
  }
}

// A failed or skipped part: those that need it are skipped, those after it may start. A list
// rather than recursion: a chain of ten thousand must not deepen the stack (inv 28).
void Machine::settle_dependents(NodeId id, Was was) {
  std::vector<NodeId> work{id};
  while (!work.empty()) {
    const auto below = work.back();
    work.pop_back();
    const bool counted = below == id && was == Was::started;  // its soft edges are met already
    for (const auto above : graph_[below].dependents) {
      Part& dependent = parts_[above];
      if (!dependent.wanted || dependent.state != PartState::waiting) continue;
      if (std::ranges::binary_search(graph_[above].needs, below)) {
        skip(above, below);
        work.push_back(above);
      } else if (!counted && --dependent.unmet == 0 &&
                 open_[static_cast<std::size_t>(graph_[above].phase)]) {
        runnable_.insert(above);
      }
    }
  }
}

// The reason names what it needs and the root of it all, however long the chain.
void Machine::skip(NodeId id, NodeId because) {
  Part& part = parts_[id];
  const Part& below = parts_[because];
  const bool chained = below.state == PartState::skipped;
  part.root = chained ? below.root : because;
  const Part& root = parts_[part.root];
  const auto why = chained ? fmt::format("was skipped: '{}' failed", graph_[part.root].name)
                           : std::string{"failed"};
  part.failure = {
      fmt::format("needs '{}', which {}: {}", graph_[because].name, why, root.failure.text),
      root.failure.remedy};
  part.state = PartState::skipped;
  part.wanted = false;
  runnable_.erase(id);
  release(id);
  note(event::PartSkipped{id, because});
}

void Machine::release(NodeId id) {
  if (!std::exchange(parts_[id].holds, false)) return;
  --holding_[static_cast<std::size_t>(graph_[id].phase)];
}

// What waits behind a slow degradable part must not hold the phase either.
void Machine::release_behind(NodeId id) {
  std::vector<NodeId> work{id};
  while (!work.empty()) {
    const auto below = work.back();
    work.pop_back();
    for (const auto above : graph_[below].dependents) {
      if (graph_[above].critical() || !parts_[above].holds) continue;
      release(above);
      work.push_back(above);
    }
  }
}

// A critical part failed: its generation, or with a core part everything, is taken back (inv 11).
void Machine::fail_generation(NodeId id, const Failure& failure) {
  const bool core = graph_[id].phase == Phase::core;
  if (stop_requested_) return;
  const bool going_down = state_ == State::rolling_back || state_ == State::draining;
  // The first cause is kept (inv 13); a core part that dies after a failed start is a new one.
  if (!failure_ || (core && !going_down)) failure_ = {id, failure};
  core_failing_ = core_failing_ || core;
  if (going_down && !core) return;
  clear_again();
  for (const auto at : {Side::core, Side::rest}) {  // inv 17
    auto& deadline = descent(at).deadline;
    if ((core || at == Side::rest) && !deadline) deadline = now_ + limits_.rollback;
  }
  if (!going_down) transition(State::rolling_back, graph_[id].name + " failed");
  descend(ids(core ? Phase::core : Phase::runtime, Phase::online), StopReason::rollback,
          WithDrain::no);
}

void Machine::on(const fact::Died& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation)) return;
  if (part.starting) {
    part.died = f.failure;  // counts once it is started
  } else if (part.state == PartState::started && part.wanted) {
    die(f.node, f.failure);
  }
}

// A degradable part stays where it is, inert: others hold references to it. Its stop comes with the
// generation's, or with a restart of it.
void Machine::die(NodeId id, const Failure& failure) {
  parts_[id].state = PartState::failed;
  parts_[id].failure = failure;
  note(event::PartFailed{.node = id,
                         .hook = Hook::start,
                         .outcome = Outcome::failed,
                         .failure = failure,
                         .provoked = false});
  if (graph_[id].critical()) return fail_generation(id, failure);
  settle_dependents(id, Was::started);
}

void Machine::on(const fact::Doing& f) {
  if (!lives(f.node, f.incarnation)) return;
  parts_[f.node].doing = f.text;
}

void Machine::on(const fact::Extended& f) {
  Part& part = parts_[f.node];
  if (!current(f.node, f.incarnation) || !part.starting || part.cancelled) return;
  const Budgets& budgets = graph_[f.node].budgets;
  const auto most = std::max(Duration{}, budgets.start_cap - budgets.start);
  part.extended = std::min(part.extended + std::max(Duration{}, f.by), most);
  set_alarm(f.node, Alarm::budget, part.entered_at + budgets.start + part.extended);
}

void Machine::on(const fact::Degraded& f) {
  Part& part = parts_[f.node];
  if (!lives(f.node, f.incarnation) || part.degraded == f.reason) return;
  part.degraded = f.reason;
  note(event::PartDegraded{f.node, f.reason});
}

// ---- one part and what stands on it

void Machine::begin_restart(NodeId id) {
  const bool ready = state_ == State::runtime_ready;
  if (graph_[id].phase == Phase::core) {
    return refuse("restart", "a core part is restarted with the process");
  }
  if (!ready && state_ != State::runtime_starting) {
    return refuse("restart", "the runtime is not up: retry it first");
  }
  const auto closure = graph_.closure(id);
  const bool critical =
      std::ranges::any_of(closure, [&](NodeId at) { return graph_[at].critical(); });
  if (ready && critical) {
    open_[2] = false;  // what is online starts again when the runtime is ready again
    runnable_.erase(runnable_.lower_bound(first_[2]), runnable_.end());
    transition(State::runtime_starting, "restart of " + graph_[id].name);
  }
  descend(closure, StopReason::restart, served_ ? WithDrain::yes : WithDrain::no);
  for (const auto at : closure) {  // requests merge
    if (std::exchange(parts_[at].again, true)) continue;
    ++again_;
    if (parts_[at].occupied) ++again_occupied_;
  }
}

void Machine::restart_up() {
  std::vector<NodeId> again;
  for (NodeId id = first_[1]; id < parts_.size(); ++id) {
    if (parts_[id].again) again.push_back(id);
  }
  again_ = 0;
  begin_up(again);
}

void Machine::clear_again() {
  if (again_ == 0) return;
  for (auto& part : parts_) part.again = false;
  again_ = again_occupied_ = 0;
}

}  // namespace orrery::lifecycle
