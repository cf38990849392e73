// Monotonic time for every decision; wall-clock time only for people to read.
#pragma once

#include <chrono>
#include <string>

namespace orrery {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

inline double milliseconds(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

// "850 us", "12.3 ms", "4.2 s", "3 min 5 s", "2 h 10 min": for people.
std::string human(Duration duration);

// "2026-01-31T12:00:00.123Z".
std::string iso8601(WallTime time);

WallTime wall_now();

}  // namespace orrery
