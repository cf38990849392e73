#include "plan.h"

#include <utility>

#include "core/text.h"

namespace orrery::sim {
namespace {

// Per seed, how likely each fault is: seeds with few faults reach far, seeds with many go deep.
struct Rates {
  std::uint32_t fault = 0;  // percent of hooks that misbehave
  std::uint32_t disturbances = 0;
  std::uint32_t signals = 0;  // of the disturbances, percent that stop the whole
};

constexpr State states[] = {
    State::created,
    State::core_starting,
    State::core_ready,
    State::runtime_starting,
    State::runtime_starting,
    State::runtime_ready,
    State::runtime_ready,
    State::runtime_failed,
    State::rolling_back,
    State::rolling_back,
    State::draining,
    State::stopping,
    State::stuck,
    State::core_failed,
    State::runtime_failed,
};

Budgets draw_budgets(Random& random) {
  Budgets budgets;
  budgets.start = milliseconds{50 + random.below(200)};
  budgets.start_cap = budgets.start + milliseconds{random.below(300)};
  budgets.slow = milliseconds{20 + random.below(40)};
  budgets.drain = milliseconds{20 + random.below(80)};
  budgets.stop = milliseconds{20 + random.below(80)};
  budgets.grace = milliseconds{random.below(random.chance(25) ? 150 : 30)};
  return budgets;
}

Phase draw_phase(Random& random) {
  const auto draw = random.below(10);
  return draw < 2 ? Phase::core : draw < 8 ? Phase::runtime : Phase::online;
}

void draw_edges(Random& random, std::vector<Spec>& parts, std::size_t at, std::uint32_t density) {
  Spec& spec = parts[at];
  for (std::size_t below = 0; below < at; ++below) {
    if (parts[below].phase > spec.phase || !random.chance(density)) continue;
    const bool hard_allowed = spec.criticality == Criticality::degradable ||
                              parts[below].criticality == Criticality::critical;
    const bool hard = hard_allowed && random.chance(65);
    (hard ? spec.needs : spec.after).push_back({parts[below].name, {}});
  }
}

void draw_parts(Random& random, Plan& plan) {
  const auto count = random.below(13);
  const auto density = 5 + random.below(45);
  for (std::uint32_t i = 0; i < count; ++i) {
    Spec spec;
    spec.name = std::string(1, static_cast<char>('a' + i));
    spec.phase = draw_phase(random);
    spec.criticality = spec.phase == Phase::online || random.chance(40) ? Criticality::degradable
                                                                        : Criticality::critical;
    spec.budgets = draw_budgets(random);
    plan.parts.push_back(std::move(spec));
  }
  for (std::size_t i = 0; i < plan.parts.size(); ++i) draw_edges(random, plan.parts, i, density);
}

void draw_limits(Random& random, Limits& limits) {
  limits.lame_duck = milliseconds{random.below(2) == 0 ? 0 : random.below(40)};
  const bool tight = random.chance(25);
  limits.stop = milliseconds{tight ? 20 + random.below(150) : 300 + random.below(1500)};
  limits.rollback = milliseconds{tight ? 20 + random.below(150) : 300 + random.below(1500)};
  limits.hurry = milliseconds{random.below(20)};
  limits.parallel_starts = random.below(4) == 0 ? 1 + random.below(3) : 0;
}

void draw_faults(Random& random, Plan& plan, std::uint32_t rate) {
  if (rate == 0) return;
  for (std::uint32_t part = 0; part < plan.parts.size(); ++part) {
    for (const auto hook : {Hook::start, Hook::drain, Hook::stop}) {
      for (std::uint32_t nth = 1; nth <= 3; ++nth) {
        if (!random.chance(rate)) continue;
        const auto manner = static_cast<Manner>(2 + random.below(manner_count - 2));
        plan.faults.push_back({part, hook, nth, manner});
      }
    }
  }
}

Moment draw_moment(Random& random, std::uint32_t parts) {
  Moment moment;
  moment.nth = random.chance(75) ? 1 : 2;
  if (parts == 0 || random.chance(50)) {
    moment.state = states[random.below(std::size(states))];
    return moment;
  }
  moment.what = static_cast<Moment::What>(1 + random.below(4));
  moment.part = random.below(parts);
  moment.hook = static_cast<Hook>(random.below(3));
  return moment;
}

Act draw_act(Random& random, std::uint32_t signals) {
  if (random.chance(signals)) return random.chance(70) ? Act::stop : Act::hurry;
  return static_cast<Act>(2 + random.below(act_count - 2));
}

void draw_disturbances(Random& random, Plan& plan, const Rates& rates) {
  const auto parts = static_cast<std::uint32_t>(plan.parts.size());
  for (std::uint32_t i = 0; i < rates.disturbances; ++i) {
    Disturbance d;
    d.when = draw_moment(random, parts);
    d.after = milliseconds{random.chance(50) ? 0 : random.below(120)};
    d.act = draw_act(random, rates.signals);
    d.part = parts == 0 ? 0 : random.below(parts);
    plan.disturbances.push_back(d);
  }
}

std::string in_words(const Moment& moment, const Plan& plan) {
  const auto ordinal = moment.nth == 1 ? "" : " for the 2nd time";
  if (moment.what == Moment::What::state) {
    return fmt::format("once {}{}", lifecycle::name_of(moment.state), ordinal);
  }
  constexpr std::string_view verbs[] = {"", "ordered", "entered", "over", "cancelled"};
  return fmt::format("once {}'s {} is {}{}", plan.parts[moment.part].name,
                     lifecycle::name_of(moment.hook), verbs[static_cast<std::size_t>(moment.what)],
                     ordinal);
}

std::string in_words(const Spec& spec) {
  const auto names = [](const std::vector<Edge>& edges) {
    std::vector<std::string> all;
    for (const auto& edge : edges) all.push_back(edge.name);
    return join(all, ", ");
  };
  auto text = fmt::format("{}: {} {}", spec.name, lifecycle::name_of(spec.phase),
                          spec.criticality == Criticality::critical ? "critical" : "degradable");
  if (!spec.needs.empty()) text += ", needs " + names(spec.needs);
  if (!spec.after.empty()) text += ", after " + names(spec.after);
  return text;
}

}  // namespace

std::string_view name_of(Manner manner) {
  constexpr std::string_view names[manner_count] = {
      "succeeds at once",
      "succeeds soon",
      "is slow",
      "throws at once",
      "throws a value",
      "fails",
      "fails late",
      "hangs until cancelled",
      "hangs until cancelled, then throws",
      "hangs until cancelled, then succeeds",
      "ignores its cancellation and ends late",
      "never ends",
      "succeeds in the tick of its deadline",
      "fails in the tick of its deadline",
      "asks for more time",
      "degrades",
      "asks the whole to stop",
      "leaves work behind",
  };
  return names[static_cast<std::size_t>(manner)];
}

std::string_view name_of(Act act) {
  constexpr std::string_view names[act_count] = {
      "stop",
      "hurry",
      "retry",
      "restart of the runtime",
      "restart",
      "death",
      "degradation",
      "a wait for readiness",
      "a wait for the end",
      "a waiter goes",
      "late echoes",
      "a stall",
  };
  return names[static_cast<std::size_t>(act)];
}

Plan draw_plan(std::uint64_t seed) {
  Random random{seed};
  Plan plan;
  plan.seed = seed;
  const Rates rates{.fault = random.below(3) == 0 ? 0 : random.below(45),
                    .disturbances = random.below(3) == 0 ? 0 : 1 + random.below(7),
                    .signals = random.below(2) == 0 ? 0 : 10 + random.below(40)};
  draw_limits(random, plan.limits);
  draw_parts(random, plan);
  draw_faults(random, plan, rates.fault);
  draw_disturbances(random, plan, rates);
  plan.noise = milliseconds{200 + random.below(2000)};
  return plan;
}

Course course_of(Manner manner, Duration budget, Duration soon) {
  switch (manner) {
    case Manner::at_once:
      return {.after = Duration{}};
    case Manner::soon:
    case Manner::degrades:
    case Manner::stops:
    case Manner::leaks:
      return {.after = soon};
    case Manner::slow:
      return {.after = budget * 3 / 4};
    case Manner::throws_at_once:
      return {.after = Duration{}, .good = false};
    case Manner::throws_value:
    case Manner::fails:
      return {.after = soon, .good = false};
    case Manner::fails_late:
      return {.after = budget * 2 / 3, .good = false};
    case Manner::at_deadline:
      return {.after = budget};
    case Manner::fails_at_deadline:
      return {.after = budget, .good = false};
    case Manner::extends:
      return {.after = budget + milliseconds{60}};
    case Manner::obeys:
    case Manner::throws_then:
    case Manner::succeeds_anyway:
    case Manner::late:
    case Manner::never:
      return {};
  }
  std::unreachable();
}

Manner manner_of(const Plan& plan, std::uint32_t part, Hook hook, std::uint32_t nth) {
  for (const auto& fault : plan.faults) {
    if (fault.part == part && fault.hook == hook && fault.nth == nth) return fault.manner;
  }
  const auto draw = mixed({plan.seed, part, static_cast<std::uint64_t>(hook), nth});
  return draw % 2 == 0 ? Manner::at_once : Manner::soon;
}

std::string describe(const Plan& plan) {
  std::string text;
  for (const auto& spec : plan.parts) text += "  " + in_words(spec) + "\n";
  for (const auto& fault : plan.faults) {
    text += fmt::format("  {}'s {} {} {}\n", plan.parts[fault.part].name,
                        fault.nth == 1   ? "1st"
                        : fault.nth == 2 ? "2nd"
                                         : "3rd",
                        lifecycle::name_of(fault.hook), name_of(fault.manner));
  }
  for (const auto& d : plan.disturbances) {
    const bool of_part = d.act == Act::restart_part || d.act == Act::die || d.act == Act::degrade ||
                         d.act == Act::echo;
    text += fmt::format("  {}{}, {} after: {}\n", name_of(d.act),
                        of_part ? " of " + plan.parts[d.part].name : "", human(d.after),
                        in_words(d.when, plan));
  }
  return text;
}

}  // namespace orrery::sim
