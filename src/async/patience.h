// How long somebody is willing to wait, and who may call it off: handed down with every request.
#pragma once

#include "async/stop_token.h"
#include "core/time.h"

namespace orrery::async {

struct Patience {
  TimePoint deadline;
  StopToken token;

  bool over() const { return token.requested() || std::chrono::steady_clock::now() >= deadline; }
};

}  // namespace orrery::async
