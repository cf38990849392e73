// Counts the work in flight, refuses new work once closed, and tells when the last has left.
//
// Threads   all operations from any thread.
// Lifetime  a Pass may outlive the gate.
#pragma once

#include <memory>
#include <optional>

#include "async/wait.h"

namespace orrery::async {

class Gate {
  struct State {
    bool closed = false;
    std::size_t inside = 0;
    std::optional<Oneshot<WaitEnd>> empty;
  };

 public:
  // Held while the work is in flight.
  class Pass {
   public:
    explicit Pass(std::shared_ptr<Guarded<State>> state) : state_{std::move(state)} {}
    Pass(Pass&&) = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    std::shared_ptr<Guarded<State>> state_;
  };

  std::optional<Pass> enter();  // nothing once closed
  void close();
  std::size_t inside() const;
  // Waits until the last pass is gone. One waiter at a time.
  asio::awaitable<WaitEnd> wait_empty(Clock& clock, TimePoint deadline, StopToken token);

 private:
  std::shared_ptr<Guarded<State>> state_ = std::make_shared<Guarded<State>>();
};

}  // namespace orrery::async
