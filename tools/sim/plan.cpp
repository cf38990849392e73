#include "plan.h"

#include <utility>

namespace orrery::sim {
namespace {

using std::chrono::milliseconds;

Budgets draw_budgets(Random& random) {
  Budgets budgets;
  budgets.start = milliseconds{50 + random.below(200)};
  budgets.start_cap = budgets.start + milliseconds{random.below(300)};
  budgets.slow = milliseconds{20 + random.below(40)};
  budgets.drain = milliseconds{20 + random.below(80)};
  budgets.stop = milliseconds{20 + random.below(80)};
  budgets.grace = milliseconds{random.below(30)};
  return budgets;
}

Phase draw_phase(Random& random) {
  const auto draw = random.below(10);
  return draw < 2 ? Phase::core : draw < 8 ? Phase::runtime : Phase::online;
}

void draw_edges(Random& random, std::vector<Spec>& specs, std::size_t at, std::uint32_t density) {
  Spec& spec = specs[at];
  for (std::size_t below = 0; below < at; ++below) {
    if (specs[below].phase > spec.phase || !random.chance(density)) continue;
    const bool hard_allowed = spec.criticality == Criticality::degradable ||
                              specs[below].criticality == Criticality::critical;
    const bool hard = hard_allowed && random.chance(65);
    (hard ? spec.needs : spec.after).push_back({specs[below].name, {}});
  }
}

}  // namespace

std::string_view name_of(Manner manner) {
  switch (manner) {
    case Manner::at_once:
      return "at_once";
    case Manner::soon:
      return "soon";
    case Manner::slow:
      return "slow";
    case Manner::fails:
      return "fails";
    case Manner::fails_late:
      return "fails_late";
    case Manner::obeys:
      return "obeys";
    case Manner::succeeds_anyway:
      return "succeeds_anyway";
    case Manner::late:
      return "late";
    case Manner::never:
      return "never";
    case Manner::at_deadline:
      return "at_deadline";
    case Manner::extends:
      return "extends";
  }
  std::unreachable();
}

Plan draw_plan(Random& random) {
  Plan plan;
  plan.rates.fault = random.below(3) == 0 ? 0 : random.below(60);
  plan.rates.requests = random.below(2) == 0 ? 0 : random.below(30);
  plan.rates.signals = random.below(2) == 0 ? 0 : random.below(20);
  plan.rates.deaths = random.below(3) == 0 ? random.below(20) : 0;
  plan.limits.lame_duck = milliseconds{random.below(2) == 0 ? 0 : random.below(40)};
  plan.limits.stop = milliseconds{300 + random.below(1500)};
  plan.limits.rollback = milliseconds{300 + random.below(1500)};
  plan.limits.hurry = milliseconds{random.below(20)};
  plan.limits.parallel_starts = random.below(4) == 0 ? 1 + random.below(3) : 0;

  const auto count = random.below(13);
  const auto density = 5 + random.below(45);
  for (std::uint32_t i = 0; i < count; ++i) {
    Spec spec;
    spec.name = std::string(1, static_cast<char>('a' + i));
    spec.phase = draw_phase(random);
    spec.criticality = spec.phase == Phase::online || random.chance(40) ? Criticality::degradable
                                                                        : Criticality::critical;
    spec.budgets = draw_budgets(random);
    plan.specs.push_back(std::move(spec));
  }
  for (std::size_t i = 0; i < plan.specs.size(); ++i) draw_edges(random, plan.specs, i, density);
  return plan;
}

Manner draw_manner(Random& random, const Rates& rates, Hook hook) {
  if (!random.chance(rates.fault)) return random.chance(50) ? Manner::at_once : Manner::soon;
  const auto manner = static_cast<Manner>(random.below(manner_count));
  // Only a start can ask for more time.
  return manner == Manner::extends && hook != Hook::start ? Manner::slow : manner;
}

}  // namespace orrery::sim
