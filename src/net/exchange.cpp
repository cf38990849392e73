#include "net/exchange.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace orrery::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

Incoming refused(int status, std::string text) {
  return {Incoming::End::refused, {}, plain_error(status, std::move(text))};
}

Incoming refusal_of(const error_code& error, const ServerLimits& limits) {
  if (error == http::error::body_limit)
    return refused(413, fmt::format("a request may have {} bytes of body", limits.body.count));
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refused(431, fmt::format("a request may have {} bytes of headers", limits.header.count));
  return refused(400, "the request is not valid HTTP: " + error.message());
}

// Gives the parser what has arrived; what it took is remembered. An error is the client's.
error_code feed(Connection& connection, Parser& parser) {
  error_code error;
  while (connection.buffer.size() > 0 && !parser.is_done()) {
    const auto data = connection.buffer.data();
    const auto used = parser.put(data, error);
    connection.received.append(static_cast<const char*>(data.data()), used);
    connection.buffer.consume(used);
    if (error == http::error::need_more) return {};
    if (error) return error;
  }
  return {};
}

// The client may ask before it sends a long body.
bool wants_to_go_on(const Parser& parser) {
  return parser.is_header_done() && !parser.is_done() &&
         beast::iequals(parser.get()[http::field::expect], "100-continue");
}

std::string head_of(const Response& response, const Manner& manner) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  if (response.status == 304) {
    // Says nothing about a body that is not sent.
  } else if (!response.stream) {
    text += fmt::format("Content-Length: {}\r\n", response.body.size());
  } else if (manner.chunks) {
    text += "Transfer-Encoding: chunked\r\n";
  }
  if (!response.content_type.empty())
    text.append("Content-Type: ").append(response.content_type).append("\r\n");
  for (const auto& [name, value] : response.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  text += manner.then == Manner::Then::close ? "Connection: close\r\n\r\n" : "\r\n";
  return text;
}

// Writes pieces as chunks (RFC 9112, 7.1).
class ChunkWriter final : public BodyWriter {
 public:
  ChunkWriter(ConnectionPtr connection, bool chunks, Duration patience, async::Clock& clock)
      : connection_{std::move(connection)}, chunks_{chunks}, patience_{patience}, clock_{clock} {}

  Task<> write(std::shared_ptr<const std::string> piece) override {
    if (piece->empty()) co_return Result<>{};  // an empty chunk would be the end
    const auto late = close_at(clock_, clock_.now() + patience_, connection_);
    const auto size = fmt::format("{:x}\r\n", piece->size());
    static constexpr std::string_view end = "\r\n";
    const std::array<asio::const_buffer, 3> chunk{asio::buffer(size), asio::buffer(*piece),
                                                  asio::buffer(end)};
    error_code error;
    if (chunks_) {
      auto [failed, count] = co_await asio::async_write(connection_->socket, chunk, use_tuple);
      error = failed;
    } else {
      auto [failed, count] =
          co_await asio::async_write(connection_->socket, asio::buffer(*piece), use_tuple);
      error = failed;
    }
    if (error) co_return fail(ErrorKind::unavailable, "the peer has gone: {}", error.message());
    co_return Result<>{};
  }

 private:
  ConnectionPtr connection_;
  const bool chunks_;
  const Duration patience_;
  async::Clock& clock_;
};

// Awaited where they are made.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<bool> send(ConnectionPtr connection, std::string text, Duration patience,
                           async::Clock& clock) {
  const auto late = close_at(clock, clock.now() + patience, connection);
  auto [error, size] =
      co_await asio::async_write(connection->socket, asio::buffer(text), use_tuple);
  co_return !error;
}

asio::awaitable<bool> write_stream(ConnectionPtr connection, Response response, Manner manner,
                                   Duration patience, async::Clock& clock) {
  connection->stage = Stage::streaming;
  auto writer = std::make_shared<ChunkWriter>(connection, manner.chunks, patience, clock);
  auto streaming = response.stream(std::move(writer));
  co_await std::move(streaming);
  if (!manner.chunks) co_return connection->socket.is_open();
  auto ending = send(connection, "0\r\n\r\n", patience, clock);
  co_return co_await std::move(ending);
}

}  // namespace

asio::awaitable<Incoming> read_request(ConnectionPtr connection, ServerLimits limits,
                                       async::Clock& clock, async::StopToken token) {
  const auto late = close_at(clock, clock.now() + limits.read, connection);
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header.count));
  parser.body_limit(limits.body.count);
  parser.eager(true);
  connection->received.clear();
  bool invited = false;
  while (true) {
    if (const auto error = feed(*connection, parser)) co_return refusal_of(error, limits);
    if (parser.is_done()) break;
    const auto length = parser.is_header_done() ? parser.content_length() : boost::none;
    if (length && *length > limits.body.count)
      co_return refusal_of(http::error::body_limit, limits);
    if (wants_to_go_on(parser) && !std::exchange(invited, true)) {
      auto inviting = send(connection, "HTTP/1.1 100 Continue\r\n\r\n", limits.read, clock);
      const bool sent = co_await std::move(inviting);
      if (!sent) co_return Incoming{};
    }
    if (!parser.is_header_done() && connection->buffer.size() > limits.header.count)
      co_return refusal_of(http::error::header_limit, limits);
    if (token.requested()) co_return Incoming{};
    auto [error, size] =
        co_await connection->socket.async_read_some(connection->buffer.prepare(16384), use_tuple);
    if (error) co_return Incoming{};
    connection->buffer.commit(size);
  }
  connection->received.clear();
  co_return Incoming{Incoming::End::whole, parser.release(), {}};
}

asio::awaitable<bool> write_response(ConnectionPtr connection, Response response, Manner manner,
                                     Duration patience, async::Clock& clock) {
  auto text = head_of(response, manner);
  const bool body = manner.body == Manner::Body::full;
  if (body && !response.stream) text += response.body;
  auto sending = send(connection, std::move(text), patience, clock);
  bool written = co_await std::move(sending);
  if (written && body && response.stream) {
    auto streaming = write_stream(connection, std::move(response), manner, patience, clock);
    written = co_await std::move(streaming);
  }
  if (written && manner.then == Manner::Then::close) {
    error_code ignored;
    connection->socket.shutdown(Socket::shutdown_send, ignored);
  }
  co_return written;
}

asio::awaitable<void> refuse(ConnectionPtr connection, Response response, Duration patience,
                             async::Clock& clock) {
  const Manner last{.then = Manner::Then::close};
  auto writing = write_response(connection, std::move(response), last, patience, clock);
  const bool written = co_await std::move(writing);
  if (!written) co_return;
  const auto late = close_at(clock, clock.now() + std::chrono::seconds{1}, connection);
  std::array<char, 16384> rest{};
  for (std::size_t total = 0; total < (16U << 20U);) {
    auto [error, size] = co_await connection->socket.async_read_some(asio::buffer(rest), use_tuple);
    if (error) co_return;
    total += size;
  }
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

bool is_upgrade(const RawRequest& message) { return beast::websocket::is_upgrade(message); }

Result<Request> to_request(RawRequest& message, const Peer& peer, async::StopToken token) {
  const std::string_view target{message.target().data(), message.target().size()};
  auto path = safe_path(target);
  if (!path) return fail(std::move(path).error());
  if (message.count(http::field::host) > 1)
    return fail(ErrorKind::invalid, "a request names one host");
  const auto question = target.find('?');
  Request request{
      .method = std::string{message.method_string()},
      .path = std::move(*path),
      .query = question == std::string_view::npos ? "" : std::string{target.substr(question + 1)},
      .headers = {},
      .body = {},
      .peer = peer,
      .token = std::move(token)};
  for (const auto& field : message) {
    request.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
  }
  request.body = std::move(message.body());
  return request;
}

Response plain_error(int status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n", .headers = {}};
}

}  // namespace orrery::net
