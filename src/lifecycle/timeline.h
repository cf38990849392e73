// Who took how long, what was on the critical path, and how much slack the rest had.
#pragma once

#include "lifecycle/readiness.h"

namespace orrery::lifecycle {

struct TimelineEntry {
  NodeId node;
  Duration waiting;  // from the engine's begin to when it could have been wanted
  Duration entered;
  Duration settled;
  std::optional<Duration>
      slack;  // how much later it could have ended; nothing: ready never waits for it
  bool critical_path = false;
};

struct Timeline {
  std::vector<TimelineEntry> entries;  // entered parts, by time of entering
  std::vector<NodeId> critical_path;   // from first to last
  std::optional<Duration> ready;       // when the last critical part was started
};

// The recorded start of the current generation. All times count from the engine's begin.
Timeline build_timeline(const Snapshot& snapshot);

}  // namespace orrery::lifecycle
