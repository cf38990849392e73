// Every small graph, and every order in which its events can come.
//
// Where the simulation draws, this tries everything: each hook may end well, end badly, give way or
// hang; time may pass at any point; and a few requests may come anywhere between. Two ways to the
// same state are one. The oracles look on after every step.
#pragma once

#include <string>

#include "plan.h"

namespace orrery::sim {

struct Extent {
  std::uint32_t parts = 2;
  enum class Schedules : std::uint8_t { all, one } schedules = Schedules::all;
  enum class Graphs : std::uint8_t {
    all,    // every phase, criticality and kind of edge
    shapes  // every shape, of critical runtime parts that need each other
  } graphs = Graphs::all;
  std::uint32_t requests = 2;  // stop, retry, restart, death, … each at most once in a life
};

struct Searched {
  std::uint64_t graphs = 0;
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  // The first violation, with the graph and the events that led to it.
  std::optional<std::string> violation;
};

Searched search(const Extent& extent, std::uint32_t jobs);

}  // namespace orrery::sim
