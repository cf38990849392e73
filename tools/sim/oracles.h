// The invariants, checked from outside: from facts told and orders given, never from what the
// machine believes, where that can be helped.
//
// Numbers are those of docs/lifecycle.md. What is not here is elsewhere: 2, 3 and 28 in the
// driver's world, 4 and 5 in graph_test, 23 and the signals of 26 in the stories.
#pragma once

#include "lifecycle/driver.h"

namespace orrery::sim {

using namespace lifecycle;

class Oracles : public Witness {
 public:
  Oracles(const Graph& graph, Limits limits);

  void before(TimePoint now, const Fact& fact, const Machine& machine) override;
  void after(const Orders& orders, const Machine& machine) override;
  // The life is over: it was asked to stop, and nothing will happen any more.
  void at_end(const Machine& machine);

  // An objection from elsewhere; only the first counts.
  void object(int invariant, std::string text);
  // The first violation, or nothing.
  const std::optional<std::string>& violation() const { return violation_; }

  bool stop_requested() const { return stop_requested_; }
  State state() const { return state_; }
  // No hook is under way, as far as the machine knows or should.
  bool at_rest() const;

  // Everything that decides about the future, for a search that must not see a state twice.
  // Times count from now.
  std::uint64_t fingerprint() const;

 private:
  enum class Run : std::uint8_t { no, running, over };
  struct Track {
    Incarnation incarnation = 0;
    Run start = Run::no;
    Run drain = Run::no;
    Run stop = Run::no;
    bool entered = false;
    bool up = false;       // start succeeded and no stop was ordered
    bool settled = false;  // started, failed or skipped
    bool cancelled = false;
    StopReason why = StopReason::none;  // it was cancelled
    TimePoint cancelled_at{};
    int stops = 0;
    Outcome outcome = Outcome::none;
    TimePoint began{};  // the running hook
    Duration extended{};
    std::string doing;
    std::string degraded;
    bool slow_told = false;
    std::array<std::optional<Span>, 3> spans;  // by hook, as they should be
  };
  // What a fact must be answered with in the same step, of which part.
  enum class Owed : std::uint8_t {
    started,
    start_failed,
    drain_failed,
    stopped,
    stop_failed,
    degraded,
    refused
  };

  // oracles.cpp: what was told
  void saw(const fact::Entered& f);
  void saw(const fact::StartEnded& f);
  void saw(const fact::DrainEnded& f);
  void saw(const fact::StopEnded& f);
  void saw(const fact::Extended& f);
  void saw(const fact::Doing& f);
  void saw(const fact::Degraded& f);
  void saw(const fact::RetryRequested&);
  void saw(const fact::RestartRequested&);
  void saw(const fact::StopRequested&);
  void saw(const fact::Hurried&);
  void saw(const fact::WaitBegun& f);
  void saw(const fact::WaitDropped& f) { waiters_.erase(f.waiter); }
  void saw(const auto&) {}
  void check_spans(const Machine& machine);
  void owe(Owed what, NodeId node = 0) { owed_.insert({what, node}); }
  void pay(Owed what, NodeId node = 0) { owed_.erase({what, node}); }
  void close(NodeId node, Hook hook, Outcome outcome);

  // oracles_orders.cpp: each order
  void check(const order::Start& o);
  void check(const order::Drain& o);
  void check(const order::Stop& o);
  void check(const order::Cancel& o);
  void check(const order::Wake& o);
  void check(const LifecycleEvent& e);
  void check(const event::StateChanged& e);
  void check(const event::PartFailed& e);
  void check(const event::PartStarted& e);
  void check(const event::PartStopped& e);
  void check(const event::PartDegraded& e);
  void check(const event::DescentEnded& e);
  void check(const event::PartSkipped& e);
  void check(const event::PartSlow& e);
  void check(const event::HookAbandoned& e);
  void check(const event::Refused& e);
  void check(const auto&) {}
  void check_edges(NodeId id);
  bool out_of_time(NodeId id) const;
  void new_generation(Generation generation);

  // oracles_rest.cpp: what holds after each step
  void check_ready(const Machine& machine);
  void check_starts(const Machine& machine);
  void check_stops(const Machine& machine);
  void check_drains(const Machine& machine);
  void check_progress(const Machine& machine);
  void check_clock(const Machine& machine);
  void check_waiters(const Machine& machine);
  std::uint64_t shown(const Machine& machine) const;
  void check_shown(const Machine& machine);
  void check_cause(const Machine& machine);
  void check_parts(const Machine& machine);
  void check_slow();
  void check_budgets();
  bool running(const Track& t) const {
    return t.start == Run::running || t.drain == Run::running || t.stop == Run::running;
  }
  bool occupied(const Track& t) const {
    return t.start == Run::running || (t.entered && t.stop != Run::over);
  }
  bool phase_complete(Phase phase) const;
  bool core(NodeId id) const { return graph_[id].phase == Phase::core; }
  const std::string& name(NodeId id) const { return graph_[id].name; }

  const Graph& graph_;
  const Limits limits_;
  std::vector<Track> tracks_;
  TimePoint now_{};
  Duration late_{};  // how much later than asked for the machine heard of time, in all
  State state_ = State::created;
  std::uint64_t version_ = 0;
  Generation generation_ = 0;
  bool stop_requested_ = false;
  bool fell_ = false;  // readiness fell for good in this generation
  std::optional<TimePoint> hurried_;
  std::optional<TimePoint> descent_began_;
  std::optional<TimePoint> core_descent_began_;
  std::optional<TimePoint> stop_began_;
  std::optional<NodeId> first_cause_;
  std::map<WaiterId, Goal> waiters_;
  std::set<Survivor> alive_abandoned_;
  std::vector<bool> slow_;                         // released from its phase
  std::array<bool, phase_count> complete_once_{};  // in this generation
  std::set<std::pair<Owed, NodeId>> owed_;
  std::vector<std::pair<NodeId, NodeId>> skipped_;  // in this step, and because of whom
  bool descent_told_ = false;
  bool asked_up_ = false;  // somebody wants the runtime up once it is down
  TimePoint lame_from_{};
  bool unclean_ = false;  // something did not stop as asked
  TimePoint since_{};
  std::optional<TimePoint> ready_at_;
  std::optional<std::uint64_t> shown_;
  std::uint64_t revision_ = 0;
  std::optional<std::string> violation_;
};

}  // namespace orrery::sim
