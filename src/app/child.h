// Runs a program to its end and reads what it says.
//
// Threads   any; it blocks for at most `patience`, or until the token is requested, from any
// thread;
//           then the program is killed.
// Limits    64 KiB of output are kept.
#pragma once

#include "app/handover.h"
#include "async/stop_token.h"
#include "core/time.h"

namespace orrery::app {

struct Ended {
  int code = -1;       // -1: by a signal
  std::string output;  // standard output and error, as they came
};

// Errors: unavailable (cannot be run), timeout, cancelled.
Result<Ended> run_to_end(const Invocation& invocation, Duration patience,
                         const async::StopToken& token);

}  // namespace orrery::app
