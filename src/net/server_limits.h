// What a server puts up with.
#pragma once

#include "core/bytes.h"
#include "core/time.h"

namespace orrery::net {

struct ServerLimits {
  std::size_t connections = 1024;
  Duration read = std::chrono::seconds{10};   // for one whole request
  Duration idle = std::chrono::seconds{60};   // between requests
  Duration write = std::chrono::seconds{30};  // for one whole answer, or one piece of a stream
  Bytes header = 16_KiB;
  Bytes body = 1_MiB;
};

}  // namespace orrery::net
