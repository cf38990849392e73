// The lifecycle as a pure machine: facts in, orders out.
//
// It decides which part starts, drains and stops when, what a failure means, when the whole is
// ready, and who gets told. It has no clock, thread, socket, log or coroutine: time is a parameter
// and everything else is an order for the driver (driver.h). The same code therefore runs in
// production and in a simulation of a million lives.
//
// How it works: each part has a wish (`wanted`) and a condition. Going up, going down, rolling back
// and restarting only change wishes; `settle` then moves every part towards its wish as far as the
// edges allow, and the whole from state to state, until nothing moves.
//
// Numbers in comments ("inv 14") are the invariants of docs/lifecycle.md.
//
// Threads   none: one caller at a time.
// Cost      a fact costs what it changes (edges of the parts concerned), never the whole graph.
#pragma once

#include <array>
#include <map>
#include <set>

#include "async/stop_token.h"
#include "lifecycle/events.h"
#include "lifecycle/facts.h"
#include "lifecycle/graph.h"

namespace orrery::lifecycle {

using async::StopReason;

namespace order {

struct Start {
  NodeId node;
  Incarnation incarnation;
};
struct Drain {
  NodeId node;
  Incarnation incarnation;
};
struct Stop {
  NodeId node;
  Incarnation incarnation;
  Outcome told;
};
// Ask the hook to end; its completion is still the only completion.
struct Cancel {
  NodeId node;
  Incarnation incarnation;
  Hook hook;
  StopReason reason;
};
struct Wake {
  WaiterId waiter;
  Settled settled;
};

}  // namespace order

using Order = std::variant<order::Start, order::Drain, order::Stop, order::Cancel, order::Wake,
                           LifecycleEvent>;
using Orders = std::vector<Order>;

// A hook that outlived its grace. Nothing new may start while one is alive (inv 19).
struct Survivor {
  NodeId node;
  Incarnation incarnation;
  Hook hook;
  auto operator<=>(const Survivor&) const = default;
};

// One entered hook from begin to end (inv 30).
struct Span {
  NodeId node;
  Incarnation incarnation;
  Generation generation;
  Hook hook;
  TimePoint begin;
  TimePoint end;
  Outcome outcome;
};

class Machine {
 public:
  enum class DrainState : std::uint8_t { not_needed, pending, running, done };

  struct Part {
    PartState state = PartState::waiting;
    Outcome outcome = Outcome::none;  // of the start
    Failure failure;
    std::string degraded;  // started, but this is missing
    std::string doing;
    std::optional<Failure> died;  // while its start still ran
    NodeId root = 0;              // whose failure it was skipped for
    Incarnation incarnation = 0;
    // the wish
    bool wanted = false;
    bool again = false;  // to be started anew once down
    // the condition
    bool occupied = false;  // a start was ordered and not everything of it is over
    bool entered = false;
    bool starting = false;   // the start hook runs
    bool stopping = false;   // the stop hook runs
    bool cancelled = false;  // the running hook was asked to end
    bool overdue = false;    // its budget ended before it did
    bool slow = false;
    bool holds = false;  // its phase is not complete without it
    DrainState drain = DrainState::not_needed;
    std::uint32_t unmet = 0;      // needs not started, afters not settled
    std::uint32_t above = 0;      // dependents that are occupied
    std::uint32_t undrained = 0;  // dependents whose drain is pending or running
    // times
    TimePoint waiting_since{};
    TimePoint hook_began{};
    TimePoint entered_at{};
    TimePoint settled_at{};
    Duration extended{};
  };

  Machine(const Graph& graph, Limits limits);

  // Takes one fact at the time it happened and returns what is to be done, in order.
  Orders tell(TimePoint now, const Fact& fact);

  // When a Tick is due at the latest.
  std::optional<TimePoint> next_tick() const;

  State state() const { return state_; }
  bool ready() const { return state_ == State::runtime_ready && !stop_requested_; }
  bool stop_requested() const { return stop_requested_; }
  std::uint64_t version() const { return version_; }
  std::uint64_t revision() const { return revision_; }  // grows with every fact
  Generation generation() const { return generation_; }
  TimePoint since() const { return since_; }
  // When this generation first became ready.
  std::optional<TimePoint> ready_at() const { return ready_at_; }
  const Part& part(NodeId id) const { return parts_[id]; }
  const std::set<Survivor>& survivors() const { return survivors_; }
  // The first cause of the failure we are in (inv 13): the part, and what it said.
  const std::optional<std::pair<NodeId, Failure>>& failure() const { return failure_; }
  // The latest of each hook of each part.
  std::vector<Span> spans() const;
  // Whether everything asked to stop since the stop request did so within its budget.
  bool stopped_cleanly() const { return survivors_.empty() && stop_faults_ == 0; }
  std::vector<std::string> survivor_names() const;
  const Graph& graph() const { return graph_; }
  // Everything that decides what it will do from here on, as a number.
  std::uint64_t fingerprint() const;

 private:
  enum class Pace : std::uint8_t { normal, hurried, out_of_time };
  enum class Alarm : std::uint8_t { slow, budget, grace };
  enum class WithDrain : std::uint8_t { no, yes };
  // How fast a way down goes. The core outlives the runtime's roll-back, so each side has its own
  // and a stop that meets a roll-back takes nothing from the core (inv 17).
  struct Descent {
    Pace pace = Pace::normal;
    std::optional<TimePoint> deadline;
  };
  enum class Side : std::uint8_t { core, rest };
  using Range = std::pair<NodeId, NodeId>;

  void on(const fact::Begun&);
  void on(const fact::Entered&);
  void on(const fact::StartEnded&);
  void on(const fact::DrainEnded&);
  void on(const fact::StopEnded&);
  void on(const fact::Doing&);
  void on(const fact::Extended&);
  void on(const fact::Degraded&);
  void on(const fact::Died&);
  void on(const fact::Tick&);
  void on(const fact::StopRequested&);
  void on(const fact::Hurried&);
  void on(const fact::RetryRequested&);
  void on(const fact::RestartRequested&);
  void on(const fact::WaitBegun&);
  void on(const fact::WaitDropped&);

  // The whole (machine.cpp)
  void transition(State to, std::string cause);
  void settle();
  bool advance();
  bool advance_up();
  bool advance_down();
  void wake(Goal goal, Settled settled);
  void refuse(std::string request, std::string why);
  std::optional<std::string> refusal() const;
  // Nothing of the runtime is on its way up again.
  bool settled() const { return again_ == 0 && holding_[1] == 0; }

  // Up (machine_up.cpp)
  void begin_generation(std::string cause);
  void begin_up(const std::vector<NodeId>& ids);
  void open_phase(Phase phase);
  void count_unmet(NodeId id);
  void start_runnable();
  void start(NodeId id);
  void became_started(NodeId id);
  enum class Was : std::uint8_t { waiting, started };
  void settle_dependents(NodeId id, Was was);
  void die(NodeId id, const Failure& failure);
  void skip(NodeId id, NodeId because);
  void release(NodeId id);
  void release_behind(NodeId id);
  void start_failed(NodeId id, Outcome outcome, Failure failure);
  void fail_generation(NodeId id, const Failure& failure);
  void begin_restart(NodeId id);
  void restart_up();

  // Down (machine_down.cpp)
  void descend(const std::vector<NodeId>& ids, StopReason reason, WithDrain drain);
  void cancel(NodeId id, Hook hook, StopReason reason);
  void begin_grace(NodeId id);
  void need_drain(NodeId id);
  void drained(NodeId id);
  void step_down(NodeId id);
  void stop(NodeId id);
  void freed(NodeId id);
  void revisit_down();
  void abandon(NodeId id);
  void set_pace(Side side, Pace pace);
  void clear_again();
  void begin_lame_duck();

  // Time
  Duration paced(NodeId id, Duration budget) const;
  Duration grace(NodeId id) const;
  void set_alarm(NodeId id, Alarm alarm, TimePoint at);
  void tighten(NodeId id, Alarm alarm, TimePoint at);
  void clear_alarms(NodeId id);
  void ring(NodeId id, Alarm alarm);
  void ring_totals();
  std::optional<Hook> running(NodeId id) const;
  std::string overdue_text(NodeId id, Hook hook) const;
  Failure said(NodeId id, Hook hook, const std::optional<Failure>& failure) const;

  bool current(NodeId id, Incarnation incarnation) const {
    return parts_[id].incarnation == incarnation;
  }
  // The incarnation is the part's latest, and not over.
  bool lives(NodeId id, Incarnation incarnation) const {
    return current(id, incarnation) && parts_[id].occupied;
  }
  void forget_survivor(NodeId id, Incarnation incarnation, Hook hook);
  bool has_survivor(NodeId id) const;
  bool runtime_survives() const;
  void blame_survivor();
  void close_span(NodeId id, Hook hook, Outcome outcome);
  Side side(NodeId id) const { return graph_[id].phase == Phase::core ? Side::core : Side::rest; }
  Descent& descent(Side side) { return descents_[static_cast<std::size_t>(side)]; }
  const Descent& descent(Side side) const { return descents_[static_cast<std::size_t>(side)]; }
  std::vector<NodeId> ids(Phase first, Phase last) const;
  std::uint32_t occupied(Phase first, Phase last) const;
  void note(LifecycleEvent event) { orders_.emplace_back(std::move(event)); }

  const Graph& graph_;
  const Limits limits_;

  State state_ = State::created;
  std::uint64_t version_ = 0;
  std::uint64_t revision_ = 0;
  Generation generation_ = 0;
  TimePoint now_{};
  TimePoint since_{};
  std::optional<TimePoint> ready_at_;

  std::vector<Part> parts_;
  std::array<NodeId, phase_count + 1> first_{};       // first node of each phase, and the end
  std::array<bool, phase_count> open_{};              // phases whose parts may start
  std::array<std::uint32_t, phase_count> holding_{};  // parts a phase still waits for
  std::array<std::uint32_t, phase_count> occupied_{};
  std::set<NodeId> runnable_;              // wanted, nothing unmet, phase open
  std::set<NodeId, std::greater<>> down_;  // may be able to step down
  std::uint32_t starting_ = 0;             // start hooks running
  std::uint32_t undrained_ = 0;
  std::uint32_t again_ = 0;           // parts to be started anew
  std::uint32_t again_occupied_ = 0;  // of them, those not down yet

  bool stop_requested_ = false;  // sticky (inv 9)
  bool served_ = false;          // this generation has been ready
  bool core_failing_ = false;
  bool bring_up_again_ = false;  // a retry or restart waits for the roll-back
  std::uint32_t stop_faults_ = 0;
  std::optional<std::pair<NodeId, Failure>> failure_;
  std::optional<TimePoint> lame_duck_until_;
  std::array<Descent, 2> descents_;  // by side
  std::set<std::tuple<TimePoint, NodeId, Alarm>> alarms_;
  std::map<std::pair<NodeId, Alarm>, TimePoint> alarm_of_;
  std::set<Survivor> survivors_;
  std::map<WaiterId, Goal> waiters_;
  std::vector<std::array<std::optional<Span>, 3>> spans_;  // by node and hook
  Orders orders_;
};

}  // namespace orrery::lifecycle
