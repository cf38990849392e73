// The engine alone: many components that do nothing.
#pragma once

#include <cstddef>

namespace orrery::bench {

struct EngineTimes {
  double start_ms;
  double stop_ms;
};

// Brings up and takes down `count` components; each of them needs the one a hundred before it, so
// that there are chains, and width.
EngineTimes run_engine(std::size_t count);

// A hundred components that each take 2 ms on chains of ten; time to ready / critical path.
double overhead_over_critical_path();

}  // namespace orrery::bench
