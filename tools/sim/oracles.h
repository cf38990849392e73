// The invariants, checked from outside: from facts told and orders given, never from what the
// machine believes, where that can be helped.
//
// Numbers are those of docs/lifecycle.md. Invariants 2, 3 and 4 and the parts of 26 and 28 that
// concern threads belong to the driver and the graph and are tested there.
#pragma once

#include "lifecycle/machine.h"

namespace orrery::sim {

using namespace lifecycle;

class Oracles {
 public:
  Oracles(const Graph& graph, Limits limits);

  void before(TimePoint now, const Fact& fact);  // what is about to be told
  void after(const Machine& machine, const Orders& orders);
  void at_end(const Machine& machine);

  // The first violation, or nothing.
  const std::optional<std::string>& violation() const { return violation_; }

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
    bool failed = false;
    bool cancelled = false;
    int stops = 0;
    Outcome outcome = Outcome::none;
    TimePoint began{};
    TimePoint cancelled_at{};
    Duration extended{};
  };

  void fail(int invariant, std::string text);
  void saw(const fact::Entered& f);
  void saw(const fact::StartEnded& f);
  void saw(const fact::DrainEnded& f);
  void saw(const fact::StopEnded& f);
  void saw(const fact::Extended& f);
  void saw(const fact::Died& f);
  void saw(const fact::StopRequested&);
  void saw(const fact::Hurried&);
  void saw(const fact::WaitBegun& f);
  void saw(const fact::WaitDropped& f) { waiters_.erase(f.waiter); }
  void saw(const auto&) {}

  void check(const order::Start& o);
  void check(const order::Drain& o);
  void check(const order::Stop& o);
  void check(const order::Cancel& o);
  void check(const order::Wake& o);
  void check(const LifecycleEvent& e);
  void check(const event::StateChanged& e);
  void check(const event::PartFailed& e);
  void check(const event::PartSkipped& e);
  void check(const event::PartSlow& e);
  void check(const event::HookAbandoned& e);
  void check(const auto&) {}

  void check_ready(const Machine& machine);
  void check_work_conserving(const Machine& machine);
  void check_budgets();
  bool occupied(const Track& t) const;
  bool phase_complete(Phase phase) const;
  const std::string& name(NodeId id) const { return graph_[id].name; }

  const Graph& graph_;
  const Limits limits_;
  std::vector<Track> tracks_;
  TimePoint now_{};
  State state_ = State::created;
  std::uint64_t version_ = 0;
  Generation generation_ = 0;
  bool stop_requested_ = false;
  bool hurried_ = false;
  bool fell_ = false;  // readiness fell for good in this generation
  std::optional<TimePoint> descent_began_;
  std::optional<TimePoint> stop_began_;
  bool was_ready_at_stop_ = false;
  std::optional<NodeId> first_cause_;
  std::map<WaiterId, Goal> waiters_;
  std::set<Survivor> alive_abandoned_;
  std::vector<bool> slow_;                         // released from its phase
  std::array<bool, phase_count> complete_once_{};  // in this generation
  std::optional<std::string> violation_;
};

}  // namespace orrery::sim
