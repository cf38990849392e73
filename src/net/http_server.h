// An HTTP/1.1 and WebSocket server on one strand, over TCP and local sockets.
//
// Robust by default: a request must arrive whole within its time and size, whoever sends longest
// makes room when all places are taken, and a stop lets answers under way finish. Instead of a
// stop, everything open can be handed over to a successor, so that no client notices.
//
// Owns      listening sockets and connections, in a scope of its own.
// Threads   the strand it was given.
// Lifetime  `stop` or `hand_over` must have completed before it dies. The handler outlives it.
// Limits    16 KiB of headers (431), 1 MiB of body (413); see ServerLimits for the rest.
#pragma once

#include "core/journal.h"
#include "net/http.h"
#include "net/open_sockets.h"
#include "net/server_limits.h"

namespace orrery::net {

class HttpServer {
 public:
  struct Environment {
    asio::any_io_executor executor;
    async::Clock& clock;
    Journal& journal;
  };
  HttpServer(Handler& handler, ServerLimits limits, Environment environment);
  ~HttpServer();

  // Begins to accept. Port 0 picks a free one; the port is returned.
  // Errors: conflict (taken; says by whom), denied, invalid (no address of this machine).
  Result<std::uint16_t> listen_tcp(const std::string& host, std::uint16_t port);
  // Begins to accept on a path, mode 0600. What stands there must be known to be stale.
  // Errors: denied, unavailable.
  Result<> listen_local(const std::string& path);
  // Begins to accept on a socket that listens already; owns it from now on. Returns its port, 0 for
  // a local one. Errors: invalid (no listening socket).
  Result<std::uint16_t> adopt(Listener listener);
  // Serves a connection that a predecessor has parked; owns it from now on.
  void adopt(Parked connection);

  // Accepts no more, closes what is idle, lets answers under way finish until `deadline`, then
  // closes everything and waits until nothing is left.
  asio::awaitable<void> stop(TimePoint deadline);
  // The same, but keeps what a successor can go on with: listening sockets, whose clients wait
  // meanwhile, and connections with no answer under way. The caller owns the descriptors.
  asio::awaitable<OpenSockets> hand_over(TimePoint deadline);

  std::size_t connections() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace orrery::net
