// What a repeated stop signal means: once graceful, again hurry, a third time exit at once.
//
// Process managers and terminals often deliver a signal twice within a millisecond; within the
// debounce it counts as one (inv 26).
#pragma once

#include <optional>

#include "core/time.h"

namespace orrery::lifecycle {

class Escalation {
 public:
  enum class Step { none, stop, hurry, exit };
  static constexpr Duration debounce = std::chrono::milliseconds{500};

  Step signal(TimePoint now) {
    if (last_ && now - *last_ < debounce) return Step::none;
    last_ = now;
    count_ = count_ < 3 ? count_ + 1 : 3;
    return static_cast<Step>(count_);
  }

 private:
  std::optional<TimePoint> last_;
  int count_ = 0;
};

}  // namespace orrery::lifecycle
