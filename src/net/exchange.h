// One request read from a connection, and one answer written to it. Private to the server.
//
// Threads   the server's strand. References outlive the call: it is awaited where it is made.
// Source    RFC 9112 (HTTP/1.1)
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/connection.h"
#include "net/server_limits.h"

namespace orrery::net {

using RawRequest = boost::beast::http::request<boost::beast::http::string_body>;

struct Incoming {
  enum class End { whole, refused, gone };
  End end = End::gone;
  RawRequest message;  // if whole
  Response refusal;    // if refused
};

// Reads one request within its time and size. What has been read of it is kept in
// `connection->received` until it is whole. Ends between two pieces, as gone, once the token is
// requested.
asio::awaitable<Incoming> read_request(ConnectionPtr connection, ServerLimits limits,
                                       async::Clock& clock, async::StopToken token);

bool is_upgrade(const RawRequest& message);

// Errors: invalid (a target that leaves its place).
Result<Request> to_request(RawRequest& message, const Peer& peer, async::StopToken token);

struct Manner {
  enum class Body { full, head_only };
  enum class Then { keep_open, close };
  Body body = Body::full;
  Then then = Then::keep_open;
  bool chunks = true;  // an HTTP/1.0 client does not know them
};

// Writes the answer; false if the peer has gone or did not read it in time.
asio::awaitable<bool> write_response(ConnectionPtr connection, Response response, Manner manner,
                                     Duration patience, async::Clock& clock);

// Answers, then reads for a moment what is still coming: closing with unread data would reset the
// connection and could destroy the answer on its way.
asio::awaitable<void> refuse(ConnectionPtr connection, Response response, Duration patience,
                             async::Clock& clock);

Response plain_error(int status, std::string text);

}  // namespace orrery::net
