// When the disturbances of a plan are due: told what happens, it says whose moment has come.
#pragma once

#include "plan.h"

namespace orrery::sim {

// The parts of a plan and their numbers in its graph.
struct Cast {
  Cast(const Plan& plan, const Graph& graph);
  std::vector<NodeId> node;         // by part
  std::vector<std::uint32_t> part;  // by NodeId
};

class Moments {
 public:
  Moments(const Plan& plan, const Cast& cast);

  // Disturbances whose moment this is, by number; each comes once.
  std::vector<std::uint32_t> come(const Fact& fact);
  std::vector<std::uint32_t> come(const Order& order);
  std::vector<std::uint32_t> come(State state);

 private:
  std::vector<std::uint32_t> come(const Moment& now);

  const Plan& plan_;
  const Cast& cast_;
  std::vector<std::uint32_t> left_;  // times until it comes; 0: it has
};

}  // namespace orrery::sim
