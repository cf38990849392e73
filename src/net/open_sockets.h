// What a server leaves to its successor in the same process, and takes from its predecessor:
// sockets as plain descriptors, so that they outlive an exec.
#pragma once

#include <string>
#include <vector>

namespace orrery::net {

// A listening socket.
struct Listener {
  enum class Kind { http, control };
  Kind kind = Kind::http;
  int descriptor = -1;
};

// A connection between two requests, or with a request that has arrived only in part.
struct Parked {
  int descriptor = -1;
  std::string received;  // what has been read of it and not been answered
};

struct OpenSockets {
  std::vector<Listener> listeners;
  std::vector<Parked> connections;
};

// For sockets that nobody takes over after all.
void close_all(OpenSockets& sockets);

}  // namespace orrery::net
