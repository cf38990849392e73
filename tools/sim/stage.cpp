#include "stage.h"

#include <boost/asio/execution.hpp>

namespace orrery::sim {

struct Stage::Executor {
  Stage* stage;
  std::uint32_t strand;
  bool may_block = true;

  Stage& query(asio::execution::context_t) const noexcept { return *stage; }
  Executor require(asio::execution::blocking_t::never_t) const { return {stage, strand, false}; }
  Executor require(asio::execution::blocking_t::possibly_t) const { return {stage, strand, true}; }

  template <class F>
  void execute(F function) const {
    const bool here = may_block && stage->running_ == strand;
    if (here && stage->random_.chance(60)) return function();
    stage->queues_[strand].emplace_back(std::move(function));
    ++stage->waiting_;
  }
  friend bool operator==(const Executor& a, const Executor& b) noexcept {
    return a.stage == b.stage && a.strand == b.strand && a.may_block == b.may_block;
  }
};

asio::any_io_executor Stage::strand(std::uint32_t number) { return Executor{this, number}; }

void Stage::step() {
  auto at = random_.below(static_cast<std::uint32_t>(queues_.size()));
  while (queues_[at].empty()) at = (at + 1) % static_cast<std::uint32_t>(queues_.size());
  auto work = std::move(queues_[at].front());
  queues_[at].pop_front();
  --waiting_;
  running_ = at;
  work();
  running_.reset();
}

}  // namespace orrery::sim
