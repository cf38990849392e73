// A life of the whole engine: driver, scopes, timers, coroutines and supervised tasks, on a
// deterministic executor with virtual time.
//
// The same plans and the same oracles as in the machine's world, which hear from the driver's
// witness. Beyond them it is checked that components live as long as they are lent, that observers
// hear every state once and in order, that each waiter is answered once, and that in the end no
// frame, timer or component is left. Parts run on the control strand, on the bot's or on one of
// their own; some hold a nested lifecycle. (Late echoes are for the machine's world: here nobody
// can report twice.)
#pragma once

#include "verdict.h"

namespace orrery::sim {

Verdict live_in_driver(const Plan& plan, Telling telling);

}  // namespace orrery::sim
