#include "nested_actor.h"

namespace orrery::sim {
namespace {

// What is inside part `part`: the numbers of the inner actors lie beyond those of the plan.
std::vector<Spec> draw_inside(const Plan& plan, std::uint32_t part) {
  Random random{mixed({plan.seed, part, 1000})};
  std::vector<Spec> specs;
  const auto count = 1 + random.below(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    Spec spec;
    spec.name = fmt::format("{}{}", plan.parts[part].name, i);
    spec.criticality = random.chance(50) ? Criticality::critical : Criticality::degradable;
    spec.budgets = plan.parts[part].budgets;
    spec.budgets.start /= 2;
    for (const auto& below : specs) {
      if (!random.chance(50)) continue;
      const bool hard =
          below.criticality == Criticality::critical || spec.criticality == Criticality::degradable;
      (hard ? spec.needs : spec.after).push_back({below.name, {}});
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Graph built(const std::vector<Spec>& specs) { return std::move(Graph::build(specs)).value(); }

}  // namespace

// Judges each inner step, and hands objections on.
class NestedActor::Judge : public Witness {
 public:
  Judge(Backstage& backstage, std::vector<Spec> specs, Limits limits)
      : backstage_{backstage},
        specs_{std::move(specs)},
        graph_{built(specs_)},
        oracles_{graph_, limits} {}

  void before(TimePoint now, const Fact& fact, const Machine& machine) override {
    oracles_.before(now, fact, machine);
  }
  void after(const Orders& orders, const Machine& machine) override {
    oracles_.after(orders, machine);
    if (oracles_.violation()) backstage_.object(0, "nested: " + *oracles_.violation());
  }
  const std::vector<Spec>& specs() const { return specs_; }

 private:
  Backstage& backstage_;
  const std::vector<Spec> specs_;
  const Graph graph_;
  Oracles oracles_;
};

namespace {

Environment judged(Environment environment, Witness* judge) {
  environment.witness = judge;
  return environment;
}

}  // namespace

NestedActor::NestedActor(Backstage& backstage, std::uint32_t part, const Environment& environment,
                         const std::vector<async::Strand>& strands)
    : NestedActor{backstage, part, environment, strands,
                  std::make_shared<Judge>(backstage, draw_inside(backstage.plan, part),
                                          environment.limits)} {}

// The wiring keeps the judge for as long as there may be an inner driver.
NestedActor::NestedActor(Backstage& backstage, std::uint32_t part, const Environment& environment,
                         const std::vector<async::Strand>& strands, std::shared_ptr<Judge> judge)
    : Nested{judged(environment, judge.get()),
             [&backstage, part, strands, judge](Assembly& inside) {
               std::uint32_t number = 1000 + part * 4;
               for (const auto& spec : judge->specs()) {
                 const auto& strand = strands[mixed({part, number}) % strands.size()];
                 auto recipe = [&backstage, number](const auto& needs, const auto& after) {
                   return std::make_unique<Actor>(backstage, number, needs, after);
                 };
                 inside.declare({spec, recipe, strand});
                 ++number;
               }
             }},
      backstage_{backstage} {
  backstage_.living.insert(this);
}

}  // namespace orrery::sim
