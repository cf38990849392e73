#include "small_graphs.h"

#include <algorithm>
#include <numeric>

namespace orrery::sim {
namespace {

struct Kind {
  Phase phase;
  Criticality criticality;
};
constexpr Kind kinds[] = {
    {Phase::core, Criticality::critical},     {Phase::core, Criticality::degradable},
    {Phase::runtime, Criticality::critical},  {Phase::runtime, Criticality::degradable},
    {Phase::online, Criticality::degradable},
};
constexpr std::uint8_t runtime_critical = 2;

enum Edges : std::uint8_t { none, hard, soft };

// A graph as digits: the kind of each part, then the edge of each pair, a later part standing on an
// earlier one.
struct Drawing {
  std::vector<std::uint8_t> kind;
  std::vector<std::vector<std::uint8_t>> edge;  // [above][below]

  bool valid() const;
  bool first_of_its_like() const;
  auto operator<=>(const Drawing&) const = default;
};

bool Drawing::valid() const {
  for (std::size_t above = 0; above < kind.size(); ++above) {
    for (std::size_t below = 0; below < above; ++below) {
      const auto how = edge[above][below];
      const Kind& a = kinds[kind[above]];
      const Kind& b = kinds[kind[below]];
      if (how != none && b.phase > a.phase) return false;
      const bool critical_on_degradable =
          a.criticality == Criticality::critical && b.criticality == Criticality::degradable;
      if (how == hard && critical_on_degradable) return false;
    }
  }
  return true;
}

// No other order of the same parts, with every edge still pointing down, comes before this one.
bool Drawing::first_of_its_like() const {
  std::vector<std::size_t> order(kind.size());
  std::iota(order.begin(), order.end(), 0U);
  while (std::ranges::next_permutation(order).found) {
    Drawing other{std::vector<std::uint8_t>(kind.size()),
                  std::vector(kind.size(), std::vector<std::uint8_t>(kind.size()))};
    bool down = true;
    for (std::size_t i = 0; i < kind.size(); ++i) {
      other.kind[order[i]] = kind[i];
      for (std::size_t j = 0; j < i; ++j) {
        down = down && (edge[i][j] == none || order[j] < order[i]);
        if (edge[i][j] != none) other.edge[order[i]][order[j]] = edge[i][j];
      }
    }
    if (down && other < *this) return false;
  }
  return true;
}

std::vector<Spec> built(const Drawing& drawing, const Budgets& budgets) {
  std::vector<Spec> specs;
  for (std::size_t i = 0; i < drawing.kind.size(); ++i) {
    Spec spec;
    spec.name = std::string(1, static_cast<char>('a' + i));
    spec.phase = kinds[drawing.kind[i]].phase;
    spec.criticality = kinds[drawing.kind[i]].criticality;
    spec.budgets = budgets;
    for (std::size_t j = 0; j < i; ++j) {
      const auto how = drawing.edge[i][j];
      if (how != none) (how == hard ? spec.needs : spec.after).push_back({specs[j].name, {}});
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

// Counts through all drawings as through numbers, each digit below its base.
template <class Use>
void for_each_number(const std::vector<std::uint8_t>& bases, Use use) {
  std::vector<std::uint8_t> digits(bases.size());
  while (true) {
    use(digits);
    std::size_t at = 0;
    while (at < digits.size() && ++digits[at] == bases[at]) digits[at++] = 0;
    if (at == digits.size()) return;
  }
}

std::vector<std::vector<Spec>> collect(std::uint32_t parts, const Budgets& budgets,
                                       std::uint8_t kinds_of_parts, std::uint8_t kinds_of_edges) {
  std::vector<std::uint8_t> bases(parts, kinds_of_parts);
  bases.insert(bases.end(), std::size_t{parts} * (parts - 1) / 2, kinds_of_edges);
  std::vector<std::vector<Spec>> graphs;
  for_each_number(bases, [&](const std::vector<std::uint8_t>& digits) {
    Drawing drawing{{digits.begin(), digits.begin() + parts},
                    std::vector(parts, std::vector<std::uint8_t>(parts))};
    if (kinds_of_parts == 1) std::ranges::fill(drawing.kind, runtime_critical);
    auto at = digits.begin() + parts;
    for (std::size_t i = 0; i < parts; ++i) {
      for (std::size_t j = 0; j < i; ++j) drawing.edge[i][j] = *at++;
    }
    if (drawing.valid() && drawing.first_of_its_like()) graphs.push_back(built(drawing, budgets));
  });
  return graphs;
}

}  // namespace

std::vector<std::vector<Spec>> all_graphs(std::uint32_t parts, const Budgets& budgets) {
  return collect(parts, budgets, std::size(kinds), 3);
}

std::vector<std::vector<Spec>> all_shapes(std::uint32_t parts, const Budgets& budgets) {
  return collect(parts, budgets, 1, 2);
}

}  // namespace orrery::sim
