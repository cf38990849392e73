// Where a job is between its caller and the pool: whoever moves it first decides.
//
// Threads   any.
#pragma once

#include <atomic>

namespace orrery::storage {

class Ticket {
 public:
  // A thread has it, and makes its connection ready. False: it was called off.
  bool begin() { return move(State::waiting, State::connecting); }
  // It waits for another thread again.
  bool put_back() { return move(State::connecting, State::waiting); }
  // From here on it is answered by whoever has it. False: it was called off.
  bool claim() { return move(State::connecting, State::taken); }

  // Nobody is to answer any more but whoever called it off. False: that is too late.
  bool call_off_waiting() { return move(State::waiting, State::off); }
  bool call_off() {
    while (!move(State::waiting, State::off) && !move(State::connecting, State::off)) {
      const auto now = state_.load();  // it may have moved between the two
      if (now == State::taken || now == State::off) return false;
    }
    return true;
  }

 private:
  enum class State { waiting, connecting, taken, off };
  bool move(State from, State to) { return state_.compare_exchange_strong(from, to); }

  std::atomic<State> state_ = State::waiting;
};

}  // namespace orrery::storage
