// A life in a process of its own: one that crashes or never ends becomes a verdict, too.
#pragma once

#include <functional>

#include "verdict.h"

namespace orrery::sim {

// Runs `live` in a child and takes its verdict; a child that dies or is still at it after
// `patience` gives the violation "crash: …".
Verdict isolated(const std::function<Verdict()>& live, std::chrono::seconds patience);

}  // namespace orrery::sim
