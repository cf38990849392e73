// Opens once and stays open; any number of coroutines may wait for it, early or late.
//
// Threads   all operations from any thread.
#pragma once

#include <vector>

#include "async/wait.h"

namespace orrery::async {

class Latch {
 public:
  void open();
  bool is_open() const;
  asio::awaitable<WaitEnd> wait(Clock& clock, TimePoint deadline, StopToken token);

 private:
  struct State {
    bool open = false;
    std::vector<Oneshot<WaitEnd>> waiters;
  };
  Oneshot<WaitEnd> enlist();

  Guarded<State> state_;
};

}  // namespace orrery::async
