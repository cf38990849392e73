#include "lifecycle/machine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/text.h"

namespace orrery::lifecycle {
namespace {

// Every change of state there is (inv 1).
constexpr std::pair<State, State> allowed[] = {
    {State::created, State::core_starting},
    {State::created, State::stopping},
    {State::core_starting, State::core_ready},
    {State::core_starting, State::rolling_back},
    {State::core_starting, State::stopping},
    {State::core_ready, State::runtime_starting},
    {State::core_ready, State::rolling_back},
    {State::core_ready, State::stopping},
    {State::runtime_starting, State::runtime_ready},
    {State::runtime_starting, State::rolling_back},
    {State::runtime_starting, State::stopping},
    {State::runtime_ready, State::runtime_starting},  // a critical part is restarted
    {State::runtime_ready, State::rolling_back},
    {State::runtime_ready, State::draining},
    {State::draining, State::rolling_back},
    {State::draining, State::stopping},
    {State::rolling_back, State::runtime_starting},  // a retry waited for it
    {State::rolling_back, State::runtime_failed},
    {State::rolling_back, State::core_failed},
    {State::rolling_back, State::stuck},
    {State::rolling_back, State::stopping},
    {State::runtime_failed, State::runtime_starting},
    {State::runtime_failed, State::rolling_back},  // a core part died
    {State::runtime_failed, State::stopping},
    {State::stuck, State::runtime_failed},  // the survivor ended after all
    {State::stuck, State::rolling_back},
    {State::stuck, State::stopping},
    {State::core_failed, State::stopping},
    {State::stopping, State::stopped},
};

bool is_allowed(State from, State to) {
  for (const auto& pair : allowed) {
    if (pair == std::pair{from, to}) return true;
  }
  return false;
}

bool is_failed(State state) {
  return state == State::runtime_failed || state == State::core_failed || state == State::stuck;
}

}  // namespace

Machine::Machine(const Graph& graph, Limits limits)
    : graph_{graph}, limits_{limits}, parts_(graph.size()), spans_(graph.size()) {
  const auto nodes = graph.nodes();
  for (std::size_t p = 0; p <= phase_count; ++p) {
    const auto at = std::ranges::partition_point(
        nodes, [&](const Node& node) { return static_cast<std::size_t>(node.phase) < p; });
    first_[p] = static_cast<NodeId>(at - nodes.begin());
  }
}

Orders Machine::tell(TimePoint now, const Fact& fact) {
  now_ = std::max(now_, now);
  ++revision_;
  std::visit([this](const auto& f) { on(f); }, fact);
  settle();
  return std::exchange(orders_, {});
}

void Machine::transition(State to, std::string cause) {
  if (!is_allowed(state_, to)) {
    fmt::print(stderr, "no transition from {} to {}\n", name_of(state_), name_of(to));
    std::abort();
  }
  const State from = std::exchange(state_, to);
  since_ = now_;
  ++version_;
  note(event::StateChanged{.from = from,
                           .to = to,
                           .cause = std::move(cause),
                           .version = version_,
                           .generation = generation_});
}

// Moves every part, then the whole, until nothing moves.
void Machine::settle() {
  do {
    while (!down_.empty()) {
      const auto id = *down_.begin();
      down_.erase(down_.begin());
      step_down(id);
    }
    start_runnable();
  } while (advance() || !down_.empty());
}

bool Machine::advance() {
  if (again_ > 0 && again_occupied_ == 0) {
    restart_up();
    return true;
  }
  return advance_up() || advance_down();
}

bool Machine::advance_up() {
  switch (state_) {
    case State::core_starting:
      if (holding_[0] > 0) return false;
      transition(State::core_ready, "every core part started");
      return true;
    case State::core_ready:
      begin_generation("the core is ready");
      return true;
    case State::runtime_starting:
      if (holding_[1] > 0 || again_ > 0) return false;
      transition(State::runtime_ready, "every critical part started");
      served_ = true;
      if (!ready_at_) ready_at_ = now_;
      wake(Goal::ready, Settled::ready);
      if (!open_[2]) open_phase(Phase::online);
      return true;
    case State::runtime_ready:
      if (settled()) wake(Goal::ready, Settled::ready);  // a degradable part was restarted
      return false;
    default:
      return false;
  }
}

bool Machine::advance_down() {
  switch (state_) {
    case State::draining:
      if (undrained_ > 0 || lame_duck_until_) return false;
      transition(stop_requested_ ? State::stopping : State::rolling_back, "drained");
      revisit_down();
      return true;
    case State::stopping:
      if (occupied(Phase::core, Phase::online) > 0) return false;
      descents_ = {};
      note(event::DescentEnded{generation_, survivor_names()});
      transition(State::stopped,
                 survivors_.empty() ? "everything stopped" : "the rest was abandoned");
      wake(Goal::stopped, Settled::stopped);
      return true;
    case State::rolling_back: {
      if (occupied(core_failing_ ? Phase::core : Phase::runtime, Phase::online) > 0) return false;
      descents_ = {};  // a later stop has a budget of its own (inv 17)
      note(event::DescentEnded{generation_, survivor_names()});
      if (core_failing_) {
        transition(State::core_failed, "a core part failed");
      } else if (runtime_survives()) {
        bring_up_again_ = false;
        if (!failure_) blame_survivor();
        transition(State::stuck, "still alive: " + join(survivor_names(), ", "));
      } else if (std::exchange(bring_up_again_, false)) {
        begin_generation("asked for");
        return true;
      } else {
        transition(State::runtime_failed,
                   failure_ ? graph_[failure_->first].name + " failed" : "failed");
      }
      wake(Goal::ready, Settled::failed);
      return true;
    }
    case State::stuck:
      if (runtime_survives()) return false;
      transition(State::runtime_failed, "the last survivor ended");
      return true;
    default:
      return false;
  }
}

void Machine::wake(Goal goal, Settled settled) {
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    if (at->second != goal) {
      ++at;
      continue;
    }
    orders_.emplace_back(order::Wake{at->first, settled});
    at = waiters_.erase(at);
  }
}

void Machine::refuse(std::string request, std::string why) {
  note(event::Refused{std::move(request), std::move(why)});
}

// Why nothing may be started anew now; nothing if it may.
std::optional<std::string> Machine::refusal() const {
  if (stop_requested_) return "a stop was requested";
  if (core_failing_) return "the core failed: the process ends";
  if (state_ == State::stuck) {
    return "still alive from the last generation: " + join(survivor_names(), ", ");
  }
  return std::nullopt;
}

// ---- facts about the whole

void Machine::on(const fact::Begun&) {
  if (state_ != State::created) return;
  transition(State::core_starting, "begun");
  begin_up(ids(Phase::core, Phase::core));
  open_phase(Phase::core);
}

void Machine::on(const fact::StopRequested&) {
  if (std::exchange(stop_requested_, true)) return;
  clear_again();
  wake(Goal::ready, Settled::stopped);
  if (state_ == State::stopped) return;
  const auto deadline = now_ + limits_.stop;
  for (auto& going : descents_) {  // what is under way already is only tightened (inv 26)
    going.deadline = std::min(going.deadline.value_or(deadline), deadline);
  }
  const bool serves = served_ && state_ != State::rolling_back && state_ != State::runtime_failed;
  if (state_ == State::runtime_ready) {
    begin_lame_duck();
    transition(State::draining, "a stop was requested");
  } else if (state_ != State::draining) {
    transition(State::stopping, "a stop was requested");
  }
  descend(ids(Phase::core, Phase::online), StopReason::shutdown,
          serves ? WithDrain::yes : WithDrain::no);
}

void Machine::on(const fact::Hurried&) {
  if (!stop_requested_) return;
  for (const auto side : {Side::core, Side::rest}) set_pace(side, Pace::hurried);
}

void Machine::on(const fact::RetryRequested&) {
  if (const auto why = refusal()) return refuse("retry", *why);
  if (state_ == State::runtime_failed) return begin_generation("a retry was requested");
  if (state_ == State::rolling_back) bring_up_again_ = true;
}

void Machine::on(const fact::RestartRequested& f) {
  if (const auto why = refusal()) return refuse("restart", *why);
  if (f.node) return begin_restart(*f.node);
  switch (state_) {
    case State::runtime_failed:
      return begin_generation("a restart was requested");
    case State::rolling_back:
    case State::draining:
      bring_up_again_ = true;
      return;
    case State::runtime_ready:
    case State::runtime_starting:
      break;
    default:
      return refuse("restart", "the runtime has not begun yet");
  }
  bring_up_again_ = true;
  clear_again();
  descent(Side::rest).deadline = now_ + limits_.rollback;
  if (state_ == State::runtime_ready) {
    begin_lame_duck();
    transition(State::draining, "a restart was requested");
  } else {
    transition(State::rolling_back, "a restart was requested");
  }
  descend(ids(Phase::runtime, Phase::online), StopReason::restart,
          served_ ? WithDrain::yes : WithDrain::no);
}

void Machine::on(const fact::WaitBegun& f) {
  if (f.goal == Goal::stopped) {
    if (state_ == State::stopped) {
      orders_.emplace_back(order::Wake{f.waiter, Settled::stopped});
      return;
    }
  } else if (stop_requested_) {
    orders_.emplace_back(order::Wake{f.waiter, Settled::stopped});
    return;
  } else if (ready() && settled()) {
    orders_.emplace_back(order::Wake{f.waiter, Settled::ready});
    return;
  } else if (is_failed(state_)) {
    orders_.emplace_back(order::Wake{f.waiter, Settled::failed});
    return;
  }
  waiters_.emplace(f.waiter, f.goal);
}

void Machine::on(const fact::WaitDropped& f) { waiters_.erase(f.waiter); }

// ---- small words

std::vector<std::string> Machine::survivor_names() const {
  std::vector<std::string> names;
  for (const auto& s : survivors_) {
    names.push_back(fmt::format("{} ({})", graph_[s.node].name, name_of(s.hook)));
  }
  return names;
}

bool Machine::runtime_survives() const {
  for (const auto& s : survivors_) {
    if (graph_[s.node].phase != Phase::core) return true;
  }
  return false;
}

// A restart that is stuck has no other cause than who would not end.
void Machine::blame_survivor() {
  for (const auto& s : survivors_) {
    if (graph_[s.node].phase == Phase::core) continue;
    failure_ = {s.node, {fmt::format("its {} is still alive", name_of(s.hook)), {}}};
    return;
  }
}

bool Machine::has_survivor(NodeId id) const {
  const auto at = survivors_.lower_bound(Survivor{id, 0, Hook::start});
  return at != survivors_.end() && at->node == id;
}

void Machine::forget_survivor(NodeId id, Incarnation incarnation, Hook hook) {
  survivors_.erase(Survivor{id, incarnation, hook});
}

std::vector<NodeId> Machine::ids(Phase first, Phase last) const {
  std::vector<NodeId> all;
  for (NodeId id = first_[static_cast<std::size_t>(first)];
       id < first_[static_cast<std::size_t>(last) + 1]; ++id) {
    all.push_back(id);
  }
  return all;
}

std::uint32_t Machine::occupied(Phase first, Phase last) const {
  std::uint32_t sum = 0;
  for (auto p = static_cast<std::size_t>(first); p <= static_cast<std::size_t>(last); ++p) {
    sum += occupied_[p];
  }
  return sum;
}

std::vector<Span> Machine::spans() const {
  std::vector<Span> all;
  for (const auto& hooks : spans_) {
    for (const auto& span : hooks) {
      if (span) all.push_back(*span);
    }
  }
  return all;
}

void Machine::close_span(NodeId id, Hook hook, Outcome outcome) {
  const Part& part = parts_[id];
  if (!part.entered) return;
  spans_[id][static_cast<std::size_t>(hook)] = Span{.node = id,
                                                    .incarnation = part.incarnation,
                                                    .generation = generation_,
                                                    .hook = hook,
                                                    .begin = part.hook_began,
                                                    .end = now_,
                                                    .outcome = outcome};
}

}  // namespace orrery::lifecycle
