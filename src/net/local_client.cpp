#include "net/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <sys/un.h>

namespace orrery::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

Error error_of(const error_code& error) {
  if (error == asio::error::timed_out) return {ErrorKind::timeout, "no answer in time"};
  return {ErrorKind::unavailable, error.message()};
}

// Runs one asynchronous operation to its end or to the end of patience. (A blocking read would not
// do: Asio waits on in spite of a receive timeout of the socket.)
template <class Start>
error_code within(asio::io_context& context, Local::socket& socket, Duration patience,
                  Start start) {
  std::optional<error_code> result;
  start([&](error_code error, auto&&...) { result = error; });
  context.restart();
  context.run_for(patience);
  if (result) return *result;
  error_code ignored;
  socket.close(ignored);
  context.restart();
  context.run();
  return asio::error::timed_out;
}

Result<> connect(Local::socket& socket, const std::string& path) {
  error_code error;
  const bool fits = path.size() < sizeof(sockaddr_un{}.sun_path);
  if (fits) socket.connect(Local::endpoint{path}, error);
  if (error || !fits) return fail(ErrorKind::not_found, "no bot is running there");
  return {};
}

class Conversation final : public LocalWebSocket {
 public:
  Conversation() : stream_{context_} {}

  Result<> open(const std::string& path, const std::string& target, Duration patience) {
    if (auto connected = connect(stream_.next_layer(), path); !connected) return connected;
    return run(patience, [&](auto done) { stream_.async_handshake("localhost", target, done); });
  }

  Result<std::string> read(Duration patience) override {
    beast::flat_buffer buffer;
    const auto end = run(patience, [&](auto done) { stream_.async_read(buffer, done); });
    if (!end) return fail(end.error());
    return beast::buffers_to_string(buffer.data());
  }
  Result<> send(const std::string& text) override {
    return run(std::chrono::seconds{10},
               [&](auto done) { stream_.async_write(asio::buffer(text), done); });
  }
  unsigned close_code() const override { return stream_.reason().code; }

 private:
  template <class Start>
  Result<> run(Duration patience, Start start) {
    const auto error = within(context_, stream_.next_layer(), patience, start);
    if (error == websocket::error::closed) {
      return fail(ErrorKind::unavailable, "{}", std::string_view{stream_.reason().reason});
    }
    if (error) return fail(error_of(error));
    return {};
  }

  asio::io_context context_;
  websocket::stream<Local::socket> stream_;
};

}  // namespace

Result<Response> LocalClient::call(const std::string& method, const std::string& target,
                                   const std::string& body, Duration patience) const {
  asio::io_context context;
  Local::socket socket{context};
  if (auto connected = connect(socket, path_); !connected)
    return fail(std::move(connected).error());
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  auto error = within(context, socket, patience,
                      [&](auto done) { http::async_write(socket, request, done); });
  if (error) return fail(error_of(error));
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{64} << 20U);
  error = within(context, socket, patience,
                 [&](auto done) { http::async_read(socket, buffer, parser, done); });
  if (error) return fail(error_of(error));
  Response response{
      .status = static_cast<int>(parser.get().result_int()), .body = {}, .headers = {}};
  response.body = std::move(parser.get().body());
  return response;
}

Result<std::unique_ptr<LocalWebSocket>> LocalClient::converse(const std::string& target,
                                                              Duration patience) const {
  auto conversation = std::make_unique<Conversation>();
  if (auto open = conversation->open(path_, target, patience); !open)
    return fail(std::move(open).error());
  return conversation;
}

}  // namespace orrery::net
