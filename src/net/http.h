// Requests and responses as plain values, and the two interfaces between the server and what it
// serves. Nothing here knows Beast, so whoever includes this compiles fast.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/scope.h"
#include "async/task.h"
#include "core/bytes.h"

namespace orrery::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Who is at the other end.
struct Peer {
  std::string address;           // "127.0.0.1"; empty for a local socket
  std::optional<unsigned> user;  // the user id, for a local socket (SO_PEERCRED)
};

struct Request {
  std::string method;
  std::string path;   // decoded; starts with '/', holds no "..", "//" or control bytes
  std::string query;  // as sent, without '?'
  Headers headers;
  std::string body;
  Peer peer;
  async::StopToken token;  // requested when the server stops

  // The first header of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  // Every header of that name, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  // The decoded value of a query parameter.
  std::optional<std::string> parameter(std::string_view name) const;
  // The value of a cookie.
  std::optional<std::string> cookie(std::string_view name) const;
};

// Takes the pieces of a body that is made while it is sent.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Done once the kernel has taken the piece. Errors: unavailable (the peer has gone, or did not
  // read within the server's limit for one answer).
  virtual Task<> write(std::shared_ptr<const std::string> piece) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Headers headers;
  // If set, the body is what this writes until it returns; it watches the request's token.
  std::function<asio::awaitable<void>(std::shared_ptr<BodyWriter>)> stream = {};
};

// One open WebSocket, on the server's strand. Messages are texts.
//
// Limits    64 KiB a message, 256 messages waiting to be sent; a peer that exceeds one of them is
//           closed with 1009 or 1008.
class WebSocket {
 public:
  static constexpr Bytes message_limit = 64_KiB;
  virtual ~WebSocket() = default;
  // The next message. Errors: unavailable (the peer closed, or broke the protocol), cancelled.
  virtual Task<std::string> read() = 0;
  // Queues a message; false once closing.
  virtual bool send(std::string text) = 0;
  // Sends what is queued, then a close frame; ends the socket after 250 ms at the latest.
  virtual void close(unsigned code, std::string reason) = 0;
  // Ends the socket at once.
  virtual void cut() = 0;
};

// What a server serves. Called on its strand; many calls may be in flight.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual asio::awaitable<Response> handle(Request request) = 0;
  // Asked before an upgrade: a response refuses it.
  virtual asio::awaitable<std::optional<Response>> refuse_upgrade(const Request& request) = 0;
  // Runs one WebSocket session; when it returns, the socket is closed with 1000.
  virtual asio::awaitable<void> converse(Request request, std::shared_ptr<WebSocket> socket) = 0;
};

std::string_view reason_of(int status);

// Percent-decoding. Errors: invalid (a broken escape, a zero byte, or what is not UTF-8).
Result<std::string> decode(std::string_view text);

// The target's path, decoded and safe to look up. Errors: invalid.
Result<std::string> safe_path(std::string_view target);

}  // namespace orrery::net
