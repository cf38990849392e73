// Writes lives down as the model in tests/model reads them.
#pragma once

#include <cstdio>

#include "lifecycle/driver.h"
#include "plan.h"

namespace orrery::sim {

// A plan of exactly four parts, without what the model leaves out: the lame duck and the budgets of
// whole descents. Nothing if the seed draws fewer parts.
std::optional<Plan> plan_for_model(std::uint64_t seed);

class Trace : public Witness {
 public:
  Trace(std::FILE* out, const Plan& plan);

  void before(TimePoint now, const Fact& fact, const Machine& machine) override;
  void after(const Orders& orders, const Machine& machine) override;

 private:
  void write(int what, std::uint64_t whom);

  std::FILE* const out_;
};

}  // namespace orrery::sim
