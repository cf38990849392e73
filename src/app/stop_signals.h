// Which thread hears the signals we act on: none until the program can, the main one while it runs,
// none once it is over. What comes in between stays pending, so that a stop asked for in the first
// or the last millisecond is neither lost nor fatal.
#pragma once

#include <atomic>
#include <thread>

#include "async/stop_token.h"

namespace orrery::app {

enum class Hear { no, yes };

// For the calling thread, and for threads it starts from now on.
void hear_stop_signals(Hear hear);

// For commands that must leave nothing half done: while it lives, INT, TERM and HUP request a stop
// instead of ending the process; the second one ends it all the same.
//
// Requires: no thread hears them (Hear::no).
class SignalledStop {
 public:
  SignalledStop();
  SignalledStop(const SignalledStop&) = delete;
  SignalledStop& operator=(const SignalledStop&) = delete;
  ~SignalledStop();

  async::StopToken token() const { return source_.token(); }
  // Ends the process as the signal would have, if there was one.
  void end_if_asked() const;

 private:
  void listen();

  async::StopSource source_;
  std::atomic<int> signal_ = 0;
  std::jthread listener_;
};

}  // namespace orrery::app
