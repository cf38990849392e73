// A life of the pure machine: its parts behave as the plan says, and so does the outside.
//
// Noise is on for a while; then nothing misbehaves any more, and what can be made ready must become
// so and stop again, within the budgets. Among what happens in the same instant the schedule picks
// who comes first, so a completion and its deadline meet in both orders.
#pragma once

#include "lifecycle/driver.h"
#include "verdict.h"

namespace orrery::sim {

Verdict live_in_machine(const Plan& plan, Telling telling);
// The same, and somebody else looks on.
Verdict live_in_machine(const Plan& plan, Witness& witness);

}  // namespace orrery::sim
