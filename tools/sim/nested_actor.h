// A part that holds a nested lifecycle of one to three actors, judged by oracles of its own.
#pragma once

#include "actor.h"
#include "lifecycle/nested.h"
#include "oracles.h"

namespace orrery::sim {

class NestedActor final : public Nested {
 public:
  // `strands`: where the inner parts may run.
  NestedActor(Backstage& backstage, std::uint32_t part, const Environment& environment,
              const std::vector<async::Strand>& strands);
  NestedActor(const NestedActor&) = delete;
  NestedActor& operator=(const NestedActor&) = delete;
  ~NestedActor() override { backstage_.living.erase(this); }

 private:
  class Judge;
  NestedActor(Backstage& backstage, std::uint32_t part, const Environment& environment,
              const std::vector<async::Strand>& strands, std::shared_ptr<Judge> judge);

  Backstage& backstage_;
};

}  // namespace orrery::sim
