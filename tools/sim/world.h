// One simulated life: the machine, its parts as the plan makes them behave, and the outside.
//
// Faults are on for a while; then they stop, a stop is requested if none was, and the life must end
// within the budgets. Among events of the same instant the seed picks which comes first, so a
// completion and its deadline meet in both orders.
#pragma once

#include "oracles.h"
#include "plan.h"

namespace orrery::sim {

struct Verdict {
  std::optional<std::string> violation;
  std::uint64_t hash = 0;  // of all facts and orders: same seed, same hash
  std::uint32_t steps = 0;
};

class World {
 public:
  World(std::uint64_t seed, bool tell_story);
  Verdict live();

 private:
  struct Happening {
    TimePoint at;
    Fact fact;
  };

  void tell(const Fact& fact);
  void carry_out(const Order& order);
  void enter(NodeId node, Incarnation incarnation, Hook hook);
  void cancelled(NodeId node, Incarnation incarnation, Hook hook);
  void end(NodeId node, Incarnation incarnation, Hook hook, bool good, Duration after);
  void disturb();
  void request();
  std::optional<Happening> next();
  Fact ending(NodeId node, Incarnation incarnation, Hook hook, bool good) const;
  Duration budget_of(NodeId node, Hook hook) const;
  void say(const std::string& line) const;
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3U; }

  Random random_;
  Plan plan_;
  bool story_;
  Graph graph_;
  Machine machine_;
  Oracles oracles_;
  TimePoint now_{};
  TimePoint quiet_from_;
  std::vector<Happening> pending_;
  std::map<std::tuple<NodeId, Incarnation, Hook>, Manner> manners_;
  WaiterId waiters_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325U;
  std::uint32_t steps_ = 0;
};

}  // namespace orrery::sim
