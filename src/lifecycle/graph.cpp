#include "lifecycle/graph.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/text.h"

namespace orrery::lifecycle {
namespace {

std::string place(const std::source_location& where) {
  const std::string_view path = where.file_name();
  return fmt::format("{}:{}", path.substr(path.rfind('/') + 1), where.line());
}

// Collects every fault of a declaration; nothing is entered before it came out empty.
class Check {
 public:
  explicit Check(const std::vector<Spec>& specs) : specs_{specs} {
    for (std::uint32_t i = 0; i < specs.size(); ++i) index_name(i);
    for (const auto& spec : specs) check_edges(spec);
    order();
  }

  const std::vector<std::string>& faults() const { return faults_; }
  std::uint32_t index(const std::string& name) const { return index_.at(name); }
  // Specs so that each comes after what it depends on.
  const std::vector<std::uint32_t>& sorted() const { return sorted_; }

 private:
  void index_name(std::uint32_t i) {
    const auto [at, fresh] = index_.emplace(specs_[i].name, i);
    names_.push_back(specs_[i].name);
    if (fresh) return;
    faults_.push_back(fmt::format("'{}' is declared twice, at {} and {}", specs_[i].name,
                                  place(specs_[at->second].where), place(specs_[i].where)));
  }

  void check_edges(const Spec& spec) {
    if (spec.phase == Phase::online && spec.criticality == Criticality::critical) {
      faults_.push_back(fmt::format(
          "'{}' is critical and online: nothing online may take the rest down", spec.name));
    }
    for (const auto& edge : spec.needs) {
      const Spec* below = resolve(spec, edge, "needs");
      if (below != nullptr && spec.criticality == Criticality::critical &&
          below->criticality == Criticality::degradable) {
        faults_.push_back(fmt::format(
            "critical '{}' needs degradable '{}' ({}): declare it after('{}') with a fallback",
            spec.name, edge.name, place(edge.where), edge.name));
      }
    }
    for (const auto& edge : spec.after) resolve(spec, edge, "comes after");
  }

  const Spec* resolve(const Spec& spec, const Edge& edge, std::string_view verb) {
    const auto at = index_.find(edge.name);
    if (at == index_.end()) {
      faults_.push_back(fmt::format("'{}' {} '{}' ({}), which does not exist{}", spec.name, verb,
                                    edge.name, place(edge.where), did_you_mean(edge.name, names_)));
      return nullptr;
    }
    const Spec& below = specs_[at->second];
    if (below.phase > spec.phase) {
      faults_.push_back(fmt::format("'{}' ({}) {} '{}' ({}), which starts in a later phase ({})",
                                    spec.name, name_of(spec.phase), verb, edge.name,
                                    name_of(below.phase), place(edge.where)));
    }
    return &below;
  }

  // Kahn's algorithm; what it cannot place stands in a cycle or above one.
  void order() {
    std::vector<std::uint32_t> missing(specs_.size());
    std::vector<std::vector<std::uint32_t>> above(specs_.size());
    for (std::uint32_t i = 0; i < specs_.size(); ++i) {
      each_edge(specs_[i], [&](const Edge& edge) {
        if (!index_.contains(edge.name)) return;  // reported already
        above[index(edge.name)].push_back(i);
        ++missing[i];
      });
    }
    for (std::uint32_t i = 0; i < specs_.size(); ++i) {
      if (missing[i] == 0) sorted_.push_back(i);
    }
    for (std::size_t at = 0; at < sorted_.size(); ++at) {
      for (const auto i : above[sorted_[at]]) {
        if (--missing[i] == 0) sorted_.push_back(i);
      }
    }
    std::vector<bool> seen(specs_.size());
    for (std::uint32_t i = 0; i < specs_.size(); ++i) {
      if (missing[i] > 0 && !seen[i]) report_cycle(i, missing, seen);
    }
  }

  // From any part left over, going down through parts left over must come round.
  void report_cycle(std::uint32_t at, const std::vector<std::uint32_t>& missing,
                    std::vector<bool>& seen) {
    std::vector<std::uint32_t> path;
    while (!seen[at]) {
      seen[at] = true;
      path.push_back(at);
      at = index(edge_below(specs_[at], missing).name);
    }
    const auto begin = std::ranges::find(path, at);
    if (begin == path.end()) return;  // it leads into a cycle that is known
    std::string text = specs_[at].name;
    for (auto i = begin; i != path.end(); ++i) {
      const Edge& edge = edge_below(specs_[*i], missing);
      text += fmt::format(" -> {} ({})", edge.name, place(edge.where));
    }
    faults_.push_back("a cycle: " + text);
  }

  const Edge& edge_below(const Spec& spec, const std::vector<std::uint32_t>& missing) const {
    const Edge* found = nullptr;
    each_edge(spec, [&](const Edge& edge) {
      const bool left = index_.contains(edge.name) && missing[index(edge.name)] > 0;
      if (found == nullptr && left) found = &edge;
    });
    return *found;
  }

  static void each_edge(const Spec& spec, auto&& use) {
    for (const auto& edge : spec.needs) use(edge);
    for (const auto& edge : spec.after) use(edge);
  }

  const std::vector<Spec>& specs_;
  std::map<std::string, std::uint32_t> index_;
  std::vector<std::string> names_;
  std::vector<std::string> faults_;
  std::vector<std::uint32_t> sorted_;
};

std::vector<std::uint32_t> levels_of(const std::vector<Spec>& specs, const Check& check) {
  std::vector<std::uint32_t> levels(specs.size());
  for (const auto i : check.sorted()) {
    for (const auto* edges : {&specs[i].needs, &specs[i].after}) {
      for (const auto& edge : *edges) {
        levels[i] = std::max(levels[i], levels[check.index(edge.name)] + 1);
      }
    }
  }
  return levels;
}

// The same part by both kinds of edge, or twice by one, is one edge; the hard one counts.
std::vector<NodeId> numbers_of(const std::vector<Edge>& edges, const Check& check,
                               const std::vector<NodeId>& number, const std::vector<NodeId>& but) {
  std::set<NodeId> ids;
  for (const auto& edge : edges) ids.insert(number[check.index(edge.name)]);
  for (const auto id : but) ids.erase(id);
  return {ids.begin(), ids.end()};
}

}  // namespace

Result<Graph> Graph::build(std::vector<Spec> specs) {
  const Check check{specs};
  if (!check.faults().empty()) {
    return fail(ErrorKind::invalid, "the parts do not fit together:\n  {}",
                join(check.faults(), "\n  "));
  }
  const auto levels = levels_of(specs, check);
  std::vector<std::uint32_t> order(specs.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    return std::tuple{specs[i].phase, levels[i], std::string_view{specs[i].name}};
  });
  std::vector<NodeId> number(specs.size());
  for (NodeId id = 0; id < order.size(); ++id) number[order[id]] = id;

  Graph graph;
  graph.nodes_.resize(specs.size());
  for (NodeId id = 0; id < order.size(); ++id) {
    Spec& spec = specs[order[id]];
    Node& node = graph.nodes_[id];
    node = {.name = spec.name,
            .phase = spec.phase,
            .criticality = spec.criticality,
            .budgets = spec.budgets,
            .level = levels[order[id]],
            .needs = numbers_of(spec.needs, check, number, {}),
            .after = {},
            .dependents = {}};
    node.after = numbers_of(spec.after, check, number, node.needs);
    for (const auto below : node.needs) graph.nodes_[below].dependents.push_back(id);
    for (const auto below : node.after) graph.nodes_[below].dependents.push_back(id);
  }
  return graph;
}

std::optional<NodeId> Graph::find(std::string_view name) const {
  const auto at = std::ranges::find(nodes_, name, &Node::name);
  if (at == nodes_.end()) return std::nullopt;
  return static_cast<NodeId>(at - nodes_.begin());
}

std::vector<NodeId> Graph::closure(NodeId id) const {
  std::set<NodeId> reached{id};
  // Dependents have higher numbers, so one pass upwards finds them all.
  for (const auto at : reached)
    reached.insert(nodes_[at].dependents.begin(), nodes_[at].dependents.end());
  return {reached.begin(), reached.end()};
}

}  // namespace orrery::lifecycle
