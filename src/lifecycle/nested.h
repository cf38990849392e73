// A lifecycle inside a component: for parts that are only known at run time, such as plugins.
//
// The same engine once more. Its parts belong to the component: they start within the component's
// start and stop within its stop, a failed inner start is the component's failed start, and what
// degrades inside degrades the component.
//
// Owns      the inner driver.
// Threads   the control strand, like the driver.
#pragma once

#include "lifecycle/driver.h"

namespace orrery::lifecycle {

class Nested : public Component {
 public:
  // `wire` declares the inner parts, all of them in the assembly's runtime phase.
  Nested(Environment environment, std::function<void(Assembly&)> wire)
      : environment_{std::move(environment)}, wire_{std::move(wire)} {}

  Task<> start(Context context) override;
  // The inner parts drain and stop here, within the outer drain budget; give it enough.
  Task<> drain(Context context) override;
  Task<> stop(Context context, Outcome start) override;

  Driver& driver() { return *driver_; }

 private:
  void watch(const Context& context);

  Environment environment_;
  std::function<void(Assembly&)> wire_;
  std::unique_ptr<Driver> driver_;
  std::optional<Driver::Subscription> watching_;
};

}  // namespace orrery::lifecycle
