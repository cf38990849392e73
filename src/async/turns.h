// One after the other: whoever takes a turn has it until it is dropped; the rest wait in order.
//
// For changes that are checked, kept elsewhere, and then applied in memory: two at once could be
// applied in another order than they were kept in.
//
// Threads   one strand.
// Lifetime  outlives its turns, which are held by coroutines of a scope that is joined before.
#pragma once

#include <deque>

#include "async/oneshot.h"
#include "async/patience.h"
#include "async/wait.h"

namespace orrery::async {

class Turns {
 public:
  class Turn {
   public:
    Turn(Turn&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (of_ != nullptr) of_->pass_on();
    }

   private:
    friend class Turns;
    explicit Turn(Turns& of) : of_{&of} {}
    Turns* of_;
  };

  Turns() = default;
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Errors: timeout, cancelled.
  Task<Turn> take(Patience patience);

 private:
  void pass_on();

  bool taken_ = false;
  std::deque<Oneshot<WaitEnd>> waiting_;
};

}  // namespace orrery::async
