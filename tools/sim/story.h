// Facts and orders in words, for whoever reads a life.
#pragma once

#include "lifecycle/machine.h"

namespace orrery::sim {

using namespace lifecycle;

std::string in_words(const Fact& fact, const Graph& graph);
std::string in_words(const Order& order, const Graph& graph);

}  // namespace orrery::sim
