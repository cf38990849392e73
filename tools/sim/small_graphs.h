// Every graph of a few parts, each shape once however its parts are named.
#pragma once

#include "plan.h"

namespace orrery::sim {

// All kinds of parts and edges, or only critical runtime parts that need each other.
std::vector<std::vector<Spec>> all_graphs(std::uint32_t parts, const Budgets& budgets);
std::vector<std::vector<Spec>> all_shapes(std::uint32_t parts, const Budgets& budgets);

}  // namespace orrery::sim
