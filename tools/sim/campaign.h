// Lives by the million: seeds shared out to a few processes, so that a crash is a finding, too.
#pragma once

#include "shrink.h"

namespace orrery::sim {

struct Campaign {
  World world = nullptr;
  std::uint64_t from = 1;
  std::uint64_t count = 0;
  std::uint32_t jobs = 1;
  bool twice = false;                 // live each seed twice and compare the traces
  std::chrono::seconds patience{60};  // with one life, which takes a hundred microseconds
};

struct Finding {
  std::uint64_t seed;
  std::string violation;
};

struct Tally {
  std::uint64_t lives = 0;
  std::uint64_t steps = 0;
  std::uint64_t hash = 0;          // of all traces, in whatever order they were lived
  std::optional<Finding> finding;  // of the lowest seed
};

Tally run(const Campaign& campaign);

}  // namespace orrery::sim
