// The validated plan: who needs whom, in an order that depends on the graph alone.
//
// `needs` is hard: it must be started. `after` is soft: it must be settled, that is started, failed
// or skipped. Both order start and stop. Nodes are numbered by phase, level and name, so a lower
// number never depends on a higher one and ties go by name whatever the order of registration.
//
// Threads   immutable once built.
#pragma once

#include <source_location>
#include <span>
#include <vector>

#include "core/result.h"
#include "lifecycle/words.h"

namespace orrery::lifecycle {

struct Edge {
  std::string name;
  std::source_location where;
};

// One part as declared.
struct Spec {
  std::string name;
  Phase phase = Phase::runtime;
  Criticality criticality = Criticality::critical;
  std::vector<Edge> needs;
  std::vector<Edge> after;
  Budgets budgets;
  std::source_location where = std::source_location::current();
};

struct Node {
  std::string name;
  Phase phase = Phase::runtime;
  Criticality criticality = Criticality::critical;
  Budgets budgets;
  std::uint32_t level = 0;         // longest chain of edges below it
  std::vector<NodeId> needs;       // hard, below
  std::vector<NodeId> after;       // soft, below
  std::vector<NodeId> dependents;  // above, by either kind of edge

  bool critical() const { return criticality == Criticality::critical; }
};

class Graph {
 public:
  // Errors: invalid, with every fault of the declaration in one text: duplicate and missing names
  // (with the nearest one), cycles with their whole path and the place of each edge, a part that
  // needs one of a later phase, a critical part that needs a degradable one, a critical part in
  // the online phase.
  static Result<Graph> build(std::vector<Spec> specs);

  std::span<const Node> nodes() const { return nodes_; }
  const Node& operator[](NodeId id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }
  std::optional<NodeId> find(std::string_view name) const;

  // `id` and everything that stands on it by either kind of edge, in order of numbers.
  std::vector<NodeId> closure(NodeId id) const;

 private:
  std::vector<Node> nodes_;
};

}  // namespace orrery::lifecycle
