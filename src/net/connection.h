// One accepted connection, and what is known of it. Private to the server.
//
// Threads   the server's strand.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "net/http.h"

namespace orrery::net {

// One protocol for TCP and local sockets, so that everything is compiled once.
using Socket = asio::generic::stream_protocol::socket;

enum class Stage { idle, reading, serving, streaming, conversing };

struct Connection {
  Connection(Socket s, Peer p) : socket{std::move(s)}, peer{std::move(p)} {}
  Socket socket;
  Peer peer;
  boost::beast::flat_buffer buffer;
  std::string received;  // of the request that is being read: what a successor would need of it
  Stage stage = Stage::idle;
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
};
using ConnectionPtr = std::shared_ptr<Connection>;

// Closes the connection when it dies late.
inline async::Timer close_at(async::Clock& clock, TimePoint at, const ConnectionPtr& connection) {
  return clock.arm(at, [weak = std::weak_ptr{connection}] {
    if (const auto alive = weak.lock()) alive->close();
  });
}

}  // namespace orrery::net
