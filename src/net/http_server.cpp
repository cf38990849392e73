// Over 400 lines, because one connection's whole way, from accept to the last byte, is read
// together, and each further source with Beast costs ten seconds of every build.
#include "net/http_server.h"

#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/conversation.h"
#include "net/port_owner.h"

namespace orrery::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

enum class Stage { idle, reading, serving, conversing };

struct Connection {
  Connection(Socket s, Peer p) : socket{std::move(s)}, peer{std::move(p)} {}
  Socket socket;
  Peer peer;
  beast::flat_buffer buffer;
  Stage stage = Stage::idle;
  void close() {
    error_code ignored;
    socket.close(ignored);
  }
};
using ConnectionPtr = std::shared_ptr<Connection>;

// Closes the connection when it dies late.
async::Timer close_at(async::Clock& clock, TimePoint at, const ConnectionPtr& connection) {
  return clock.arm(at, [weak = std::weak_ptr{connection}] {
    if (const auto alive = weak.lock()) alive->close();
  });
}

Response plain_error(int status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n", .headers = {}};
}

// Stands for a peer that cannot be answered any more.
Response gone() { return {.status = 0, .body = {}, .headers = {}}; }

bool keep_alive_of(const http::request<http::string_body>& message) { return message.keep_alive(); }

Peer peer_of(const Socket& socket) {
  Peer peer;
  error_code error;
  const auto endpoint = const_cast<Socket&>(socket).remote_endpoint(error);
  const int family = endpoint.protocol().family();
  if (family == AF_UNIX) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    const int handle = const_cast<Socket&>(socket).native_handle();
    if (getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
      peer.user = credentials.uid;
    return peer;
  }
  asio::ip::tcp::endpoint tcp;
  if (endpoint.size() <= tcp.capacity()) {
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    peer.address = tcp.address().to_string();
  }
  return peer;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

  Impl(Handler& handler, ServerLimits limits, Environment environment)
      : handler_{handler},
        limits_{limits},
        environment_{std::move(environment)},
        scope_{"http server", environment_.executor, environment_.clock,
               [this](const std::string& task, const std::exception_ptr& fault) {
                 environment_.journal.write(Level::error, "net", "a connection's task threw",
                                            {{"task", task}, {"reason", async::describe(fault)}});
               }},
        drains_{"http closings", environment_.executor, environment_.clock,
                [](const std::string&, const std::exception_ptr&) {}} {}

  Result<> accept_on(std::shared_ptr<Acceptor> acceptor) {
    acceptors_.push_back(acceptor);
    scope_.spawn("accept", accept_loop(shared_from_this(), std::move(acceptor)));
    return {};
  }

  std::shared_ptr<Acceptor> make_acceptor() {
    return std::make_shared<Acceptor>(environment_.executor);
  }

  asio::awaitable<void> stop(TimePoint deadline) {
    for (const auto& acceptor : acceptors_) {
      error_code ignored;
      acceptor->close(ignored);
    }
    scope_.request_stop(async::StopReason::shutdown);
    for (const auto& connection : connections_) {
      if (connection->stage == Stage::idle || connection->stage == Stage::reading)
        connection->close();
    }
    const auto end = co_await scope_.join(deadline);
    if (end != async::WaitEnd::done) {
      for (const auto& connection : connections_) connection->close();
      for (const auto& weak : conversations_) {
        if (const auto alive = weak.lock()) alive->cut();
      }
    }
    co_await scope_.join(async::never);
    co_await drains_.join(async::never);
  }

  std::size_t connections() const { return connections_.size(); }

 private:
  // A flood of half requests must not shut out a probe: the one that has been sending longest gives
  // up its place, then the one that has been idle longest.
  void make_room() {
    if (connections_.size() < limits_.connections) return;
    for (const auto stage : {Stage::reading, Stage::idle}) {
      for (const auto& connection : connections_) {  // oldest first
        if (connection->stage != stage || !connection->socket.is_open()) continue;
        connection->close();
        return;
      }
    }
  }

  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self,
                                           std::shared_ptr<Acceptor> acceptor) {
    auto& clock = self->environment_.clock;
    while (acceptor->is_open()) {
      auto [error, socket] = co_await acceptor->async_accept(use_tuple);
      if (!acceptor->is_open()) co_return;
      if (error) {  // out of descriptors, or the peer has gone again
        self->make_room();
        co_await async::sleep_until(clock, clock.now() + std::chrono::milliseconds{20},
                                    self->scope_.token());
        continue;
      }
      self->make_room();
      auto peer = peer_of(socket);
      auto connection = std::make_shared<Connection>(std::move(socket), std::move(peer));
      self->scope_.spawn("connection", serve(self, connection));
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, ConnectionPtr connection) {
    const auto place = self->connections_.insert(self->connections_.end(), connection);
    try {
      auto talking = talk(self, connection);
      co_await std::move(talking);
    } catch (const std::exception& e) {
      self->environment_.journal.write(Level::error, "net", "a connection ended by an exception",
                                       {{"reason", std::string{e.what()}}});
    }
    self->connections_.erase(place);
  }

  static asio::awaitable<void> talk(std::shared_ptr<Impl> self, ConnectionPtr connection) {
    bool keep = true;
    while (keep && !self->scope_.token().requested()) {
      auto turn = one_request(self, connection);
      keep = co_await std::move(turn);
    }
  }

  // Waits for the first byte for as long as an idle client may stay, then for the whole request.
  static asio::awaitable<bool> one_request(std::shared_ptr<Impl> self, ConnectionPtr connection) {
    auto& clock = self->environment_.clock;
    connection->stage = Stage::idle;
    if (connection->buffer.size() == 0) {
      const auto idle = close_at(clock, clock.now() + self->limits_.idle, connection);
      auto [error] = co_await connection->socket.async_wait(Socket::wait_read, use_tuple);
      if (error || self->scope_.token().requested()) co_return false;
    }
    connection->stage = Stage::reading;
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(self->limits_.header.count));
    parser.body_limit(self->limits_.body.count);
    auto reading = read_request(self, connection, parser);
    const auto refusal = co_await std::move(reading);
    if (refusal) {
      if (refusal->status != 0) co_await refuse(self, connection, *refusal);
      co_return false;
    }
    auto message = parser.release();
    auto request = self->to_request(*connection, message);
    if (!request) {
      co_await refuse(self, connection, plain_error(400, request.error().text()));
      co_return false;
    }
    if (websocket::is_upgrade(message)) {
      auto upgrade = converse(self, connection, std::move(*request), std::move(message));
      co_await std::move(upgrade);
      co_return false;
    }
    connection->stage = Stage::serving;
    const bool keep = keep_alive_of(message);
    const bool head = message.method() == http::verb::head;
    auto answering = answer(self, std::move(*request));
    auto response = co_await std::move(answering);
    const bool last = !keep || self->scope_.token().requested();
    auto writing = write(self, connection, std::move(response), last, head);
    const bool written = co_await std::move(writing);
    co_return written && !last;
  }

  // Nothing if the request is whole; else how to refuse it, status 0 for a peer that is gone.
  // Awaited on the same line.
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  static asio::awaitable<std::optional<Response>> read_request(
      std::shared_ptr<Impl> self, ConnectionPtr connection,
      http::request_parser<http::string_body>& parser) {
    auto& clock = self->environment_.clock;
    const auto late = close_at(clock, clock.now() + self->limits_.read, connection);
    auto [error, size] =
        co_await http::async_read_header(connection->socket, connection->buffer, parser, use_tuple);
    if (error) co_return self->refusal_of(error);
    const auto length = parser.content_length();
    if (length && *length > self->limits_.body.count)
      co_return self->refusal_of(http::error::body_limit);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      auto [lost, sent] =
          co_await asio::async_write(connection->socket, asio::buffer(go_on), use_tuple);
      if (lost) co_return gone();
    }
    auto [broken, more] =
        co_await http::async_read(connection->socket, connection->buffer, parser, use_tuple);
    if (broken) co_return self->refusal_of(broken);
    co_return std::nullopt;
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

  Response refusal_of(const error_code& error) const {
    if (error == http::error::body_limit) {
      return plain_error(413,
                         fmt::format("a request may have {} bytes of body", limits_.body.count));
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return plain_error(
          431, fmt::format("a request may have {} bytes of headers", limits_.header.count));
    }
    const bool malformed =
        error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) return plain_error(400, "the request is not valid HTTP: " + error.message());
    return gone();
  }

  Result<Request> to_request(const Connection& connection,
                             http::request<http::string_body>& message) const {
    const std::string_view target{message.target().data(), message.target().size()};
    auto path = safe_path(target);
    if (!path) return fail(std::move(path).error());
    const auto question = target.find('?');
    Request request{
        .method = std::string{message.method_string()},
        .path = std::move(*path),
        .query = question == std::string_view::npos ? "" : std::string{target.substr(question + 1)},
        .headers = {},
        .body = {},
        .peer = connection.peer,
        .token = scope_.token()};
    for (const auto& field : message) {
      request.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    }
    request.body = std::move(message.body());
    return request;
  }

  static asio::awaitable<Response> answer(std::shared_ptr<Impl> self, Request request) {
    const auto path = request.path;
    try {
      auto handling = self->handler_.handle(std::move(request));
      co_return co_await std::move(handling);
    } catch (...) {
      self->environment_.journal.write(
          Level::error, "net", "a handler threw",
          {{"path", path}, {"reason", async::describe(std::current_exception())}});
      co_return plain_error(500, "internal error");
    }
  }

  static asio::awaitable<bool> write(std::shared_ptr<Impl> self, ConnectionPtr connection,
                                     Response response, bool last, bool head) {
    auto& clock = self->environment_.clock;
    const auto late = close_at(clock, clock.now() + self->limits_.write, connection);
    std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: {}\r\n", response.status,
                                   reason_of(response.status), response.body.size());
    if (!response.content_type.empty()) {
      text.append("Content-Type: ").append(response.content_type).append("\r\n");
    }
    for (const auto& [name, value] : response.headers)
      text.append(name).append(": ").append(value).append("\r\n");
    text += last ? "Connection: close\r\n\r\n" : "\r\n";
    if (!head) text += response.body;
    auto [error, size] =
        co_await asio::async_write(connection->socket, asio::buffer(text), use_tuple);
    if (error) co_return false;
    if (last) {
      error_code ignored;
      connection->socket.shutdown(Socket::shutdown_send, ignored);
    }
    co_return true;
  }

  // Answers, then reads for a moment what is still coming: closing with unread data would reset
  // the connection and could destroy the answer on its way.
  static asio::awaitable<void> refuse(std::shared_ptr<Impl> self, ConnectionPtr connection,
                                      Response response) {
    auto writing = write(self, connection, std::move(response), true, false);
    const bool written = co_await std::move(writing);
    if (!written) co_return;
    auto& clock = self->environment_.clock;
    const auto late = close_at(clock, clock.now() + std::chrono::seconds{1}, connection);
    std::array<char, 16384> rest{};
    for (std::size_t total = 0; total < (16U << 20U);) {
      auto [error, size] =
          co_await connection->socket.async_read_some(asio::buffer(rest), use_tuple);
      if (error) co_return;
      total += size;
    }
  }

  static asio::awaitable<void> converse(std::shared_ptr<Impl> self, ConnectionPtr connection,
                                        Request request, http::request<http::string_body> message) {
    auto asking = self->handler_.refuse_upgrade(request);
    auto refusal = co_await std::move(asking);
    if (refusal) {
      auto writing = write(self, connection, std::move(*refusal), true, false);
      co_await std::move(writing);
      co_return;
    }
    connection->stage = Stage::conversing;
    auto conversation = std::make_shared<Conversation>(std::move(connection->socket), self->drains_,
                                                       self->environment_.clock);
    std::erase_if(self->conversations_, [](const auto& weak) { return weak.expired(); });
    self->conversations_.push_back(conversation);
    auto accepting = conversation->accept(std::move(message));
    const bool accepted = co_await std::move(accepting);
    if (!accepted) co_return;
    const auto leaving = self->scope_.token().subscribe([weak = std::weak_ptr{conversation}] {
      if (const auto alive = weak.lock()) alive->close(1001, "the program stops");
    });
    auto talking = self->handler_.converse(std::move(request), conversation);
    co_await std::move(talking);
    conversation->close(1000, "");
  }

  Handler& handler_;
  const ServerLimits limits_;
  const Environment environment_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::list<ConnectionPtr> connections_;
  std::vector<std::weak_ptr<Conversation>> conversations_;
  async::Scope scope_;   // accept loops and connections
  async::Scope drains_;  // last frames of web sockets; never asked to stop
};

HttpServer::HttpServer(Handler& handler, ServerLimits limits, Environment environment)
    : impl_{std::make_shared<Impl>(handler, limits, std::move(environment))} {}
HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    Error wrong{ErrorKind::invalid, fmt::format("'{}' is not an address", host)};
    return fail(std::move(wrong).remedy(
        "set http.host to an address of this machine, such as 127.0.0.1 or 0.0.0.0"));
  }
  const asio::ip::tcp::endpoint endpoint{address, port};
  auto acceptor = impl_->make_acceptor();
  acceptor->open(asio::generic::stream_protocol{endpoint.protocol()}, error);
  if (!error) acceptor->set_option(asio::socket_base::reuse_address{true}, error);
  if (!error) acceptor->bind(asio::generic::stream_protocol::endpoint{endpoint}, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    Error taken{ErrorKind::conflict,
                fmt::format("{}:{} is taken by {}", host, port, describe_listener(port))};
    return fail(std::move(taken).remedy(
        "stop that process, or set http.port (or --http HOST:PORT) to another port"));
  }
  if (error) {
    Error refused{ErrorKind::denied,
                  fmt::format("cannot listen on {}:{}: {}", host, port, error.message())};
    return fail(std::move(refused).remedy(
        "set http.host to an address of this machine and http.port above 1023"));
  }
  asio::ip::tcp::endpoint bound;
  const auto local = acceptor->local_endpoint(error);
  std::memcpy(bound.data(), local.data(), std::min(local.size(), bound.capacity()));
  if (auto accepting = impl_->accept_on(std::move(acceptor)); !accepting)
    return fail(std::move(accepting).error());
  return bound.port();
}

Result<> HttpServer::listen_local(const std::string& path) {
  error_code error;
  const asio::local::stream_protocol::endpoint endpoint{path};
  auto acceptor = impl_->make_acceptor();
  ::unlink(path.c_str());
  acceptor->open(asio::generic::stream_protocol{endpoint.protocol()}, error);
  const auto before = ::umask(0177);  // so that it is never open to others, not even for an instant
  if (!error) acceptor->bind(asio::generic::stream_protocol::endpoint{endpoint}, error);
  ::umask(before);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorKind::unavailable, "cannot listen on {}: {}", path, error.message());
  return impl_->accept_on(std::move(acceptor));
}

asio::awaitable<void> HttpServer::stop(TimePoint deadline) { return impl_->stop(deadline); }
std::size_t HttpServer::connections() const { return impl_->connections(); }

}  // namespace orrery::net
