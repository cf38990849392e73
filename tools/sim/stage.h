// A deterministic executor: one thread, several strands, and a schedule that says whose turn it is.
//
// Each strand runs what it is given in order, as Asio promises; which strand comes next, and
// whether a dispatch from a strand to itself runs at once or is queued, is drawn from the seed.
// Whatever holds under every schedule does not depend on luck.
//
// Threads   one.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include "random.h"

namespace orrery::sim {

namespace asio = boost::asio;

class Stage : public asio::execution_context {
 public:
  Stage(std::uint64_t seed, std::uint32_t strands) : random_{seed}, queues_(strands) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() {
    shutdown();
    destroy();
  }

  asio::any_io_executor strand(std::uint32_t number);
  bool ready() const { return waiting_ > 0; }
  // Runs what one strand has waiting. Requires: ready.
  void step();

 private:
  struct Executor;
  using Work = std::move_only_function<void()>;

  Random random_;
  std::vector<std::deque<Work>> queues_;
  std::size_t waiting_ = 0;
  std::optional<std::uint32_t> running_;
};

}  // namespace orrery::sim
