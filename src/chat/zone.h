// Time zones by their names ("Europe/Berlin"), over the system's own database.
//
// Threads   any.
#pragma once

#include <string>

#include "core/result.h"
#include "core/time.h"

namespace orrery::chat {

// A moment as a clock on the wall shows it, without saying where.
using LocalSeconds = std::chrono::local_seconds;

class Zone {
 public:
  // By its name, without regard to case, or by its last part where only one has it ("Berlin").
  // Errors: not_found, with the nearest name.
  static Result<Zone> named(const std::string& name);

  LocalSeconds to_local(WallTime at) const;
  // Of a moment that a clock shows twice (when it is put back) the first; of one that it never
  // shows (when it is put forward) the instant after the gap.
  WallTime to_wall(LocalSeconds at) const;
  const std::string& name() const { return name_; }

 private:
  Zone(std::string name, const void* zone) : name_{std::move(name)}, zone_{zone} {}
  std::string name_;
  const void* zone_;  // of date-tz, which lives as long as the program
};

}  // namespace orrery::chat
