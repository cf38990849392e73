// Restart intensity: how often is too often, on a sliding window.
#pragma once

#include <deque>

#include "lifecycle/component.h"

namespace orrery::lifecycle {

class RestartWindow {
 public:
  RestartWindow(int at_most, Duration within) : at_most_{at_most}, within_{within} {}

  // Records a failure at `now`; false when the window now holds more than `at_most`.
  bool allow(TimePoint now);

 private:
  int at_most_;
  Duration within_;
  std::deque<TimePoint> failures_;
};

}  // namespace orrery::lifecycle
