// Over 400 lines, because one connection's whole way, from accept to its end or to a successor, is
// read together.
#include "net/http_server.h"

#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/conversation.h"
#include "net/exchange.h"
#include "net/port_owner.h"

namespace orrery::net {
namespace {

using boost::system::error_code;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

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

// Of a socket that somebody else has opened.
int family_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  return address.ss_family;
}

bool listens(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
         listening != 0;
}

asio::generic::stream_protocol protocol_of(int family) { return {family, 0}; }

// TCP only: the port a socket is bound to.
template <class AnySocket>
std::uint16_t port_of(const AnySocket& socket) {
  error_code error;
  const auto local = socket.local_endpoint(error);
  asio::ip::tcp::endpoint bound;
  if (error || local.size() > bound.capacity() || local.protocol().family() == AF_UNIX) return 0;
  std::memcpy(bound.data(), local.data(), local.size());
  return bound.port();
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

  void accept_on(std::shared_ptr<Acceptor> acceptor, Listener::Kind kind) {
    acceptors_.push_back({acceptor, kind});
    scope_.spawn("accept", accept_loop(shared_from_this(), std::move(acceptor)));
  }

  std::shared_ptr<Acceptor> make_acceptor() {
    return std::make_shared<Acceptor>(environment_.executor);
  }

  Result<std::uint16_t> adopt(Listener listener) {
    auto acceptor = make_acceptor();
    error_code error;
    if (listens(listener.descriptor))
      acceptor->assign(protocol_of(family_of(listener.descriptor)), listener.descriptor, error);
    if (error || !acceptor->is_open()) {
      ::close(listener.descriptor);
      return fail(ErrorKind::invalid, "descriptor {} is no listening socket", listener.descriptor);
    }
    const auto port = port_of(*acceptor);
    accept_on(std::move(acceptor), listener.kind);
    return port;
  }

  void adopt(Parked parked) {
    Socket socket{environment_.executor};
    error_code error;
    socket.assign(protocol_of(family_of(parked.descriptor)), parked.descriptor, error);
    if (error) {
      ::close(parked.descriptor);
      return;
    }
    begin(std::move(socket), std::move(parked.received));
  }

  asio::awaitable<void> stop(TimePoint deadline) {
    for (const auto& [acceptor, kind] : acceptors_) {
      error_code ignored;
      acceptor->close(ignored);
    }
    scope_.request_stop(async::StopReason::shutdown);
    for (const auto& connection : connections_) {
      if (waits(*connection)) connection->close();
    }
    auto ending = end(deadline);
    co_await std::move(ending);
  }

  asio::awaitable<OpenSockets> hand_over(TimePoint deadline) {
    left_.emplace();
    error_code ignored;
    for (const auto& [acceptor, kind] : acceptors_) acceptor->cancel(ignored);
    scope_.request_stop(async::StopReason::shutdown);
    for (const auto& connection : connections_) {
      if (waits(*connection)) connection->socket.cancel(ignored);
    }
    auto ending = end(deadline);
    co_await std::move(ending);
    for (const auto& connection : connections_) park(*connection);  // its coroutine never began
    for (const auto& [acceptor, kind] : acceptors_)
      left_->listeners.push_back({kind, acceptor->release()});
    co_return std::move(*left_);
  }

  std::size_t connections() const { return connections_.size(); }

 private:
  struct Door {
    std::shared_ptr<Acceptor> acceptor;
    Listener::Kind kind;
  };

  static bool waits(const Connection& connection) {
    return connection.stage == Stage::idle || connection.stage == Stage::reading;
  }

  // Waits for what is under way, then cuts off what is left.
  asio::awaitable<void> end(TimePoint deadline) {
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
    while (acceptor->is_open() && !self->scope_.token().requested()) {
      auto [error, socket] = co_await acceptor->async_accept(use_tuple);
      if (self->left_) {  // one that came with the cancellation waits for the successor
        if (!error) self->left_->connections.push_back({socket.release(), {}});
        co_return;
      }
      if (!acceptor->is_open()) co_return;
      if (error) {  // out of descriptors, or the peer has gone again
        self->make_room();
        co_await async::sleep_until(clock, clock.now() + std::chrono::milliseconds{20},
                                    self->scope_.token());
        continue;
      }
      self->make_room();
      self->begin(std::move(socket), {});
    }
  }

  void begin(Socket socket, std::string received) {
    auto peer = peer_of(socket);
    auto connection = std::make_shared<Connection>(std::move(socket), std::move(peer));
    connection->buffer.commit(
        asio::buffer_copy(connection->buffer.prepare(received.size()), asio::buffer(received)));
    // In the list from now on: a hand-over must not miss one whose coroutine has not begun.
    connections_.push_back(connection);
    scope_.spawn("connection", serve(shared_from_this(), std::move(connection)));
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, ConnectionPtr connection) {
    try {
      auto talking = talk(self, connection);
      co_await std::move(talking);
    } catch (const std::exception& e) {
      self->environment_.journal.write(Level::error, "net", "a connection ended by an exception",
                                       {{"reason", std::string{e.what()}}});
    }
    self->connections_.remove(connection);
  }

  static asio::awaitable<void> talk(std::shared_ptr<Impl> self, ConnectionPtr connection) {
    bool keep = true;
    while (keep && !self->scope_.token().requested()) {
      auto turn = one_request(self, connection);
      keep = co_await std::move(turn);
    }
    if (self->left_ && waits(*connection)) self->park(*connection);
  }

  // Leaves the connection to the successor, with what it has sent so far.
  void park(Connection& connection) {
    if (!connection.socket.is_open()) return;
    const auto rest = connection.buffer.data();
    connection.received.append(static_cast<const char*>(rest.data()), rest.size());
    left_->connections.push_back({connection.socket.release(), std::move(connection.received)});
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
    auto reading = read_request(connection, self->limits_, clock, self->scope_.token());
    auto incoming = co_await std::move(reading);
    if (incoming.end == Incoming::End::gone) co_return false;
    connection->stage = Stage::serving;
    if (incoming.end == Incoming::End::refused) {
      auto refusing = refuse(connection, std::move(incoming.refusal), self->limits_.write, clock);
      co_await std::move(refusing);
      co_return false;
    }
    auto request = to_request(incoming.message, connection->peer, self->scope_.token());
    if (!request) {
      auto wrong = plain_error(400, request.error().text());
      auto refusing = refuse(connection, std::move(wrong), self->limits_.write, clock);
      co_await std::move(refusing);
      co_return false;
    }
    if (is_upgrade(incoming.message)) {
      auto upgrade = converse(self, connection, std::move(*request), std::move(incoming.message));
      co_await std::move(upgrade);
      co_return false;
    }
    auto serving = one_answer(self, connection, std::move(*request), std::move(incoming.message));
    co_return co_await std::move(serving);
  }

  // False: the connection has ended.
  static asio::awaitable<bool> one_answer(std::shared_ptr<Impl> self, ConnectionPtr connection,
                                          Request request, RawRequest message) {
    auto answering = answer(self, std::move(request));
    auto response = co_await std::move(answering);
    const bool stopping = self->scope_.token().requested() && !self->left_;
    const bool last = !message.keep_alive() || stopping;
    const bool head = message.method() == boost::beast::http::verb::head;
    const Manner manner{.body = head ? Manner::Body::head_only : Manner::Body::full,
                        .then = last ? Manner::Then::close : Manner::Then::keep_open,
                        .chunks = message.version() >= 11};
    auto writing = write_response(connection, std::move(response), manner, self->limits_.write,
                                  self->environment_.clock);
    const bool written = co_await std::move(writing);
    const bool keep = written && !last && manner.chunks;
    if (keep) connection->stage = Stage::idle;
    co_return keep;
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

  static asio::awaitable<void> converse(std::shared_ptr<Impl> self, ConnectionPtr connection,
                                        Request request, RawRequest message) {
    auto asking = self->handler_.refuse_upgrade(request);
    auto refusal = co_await std::move(asking);
    if (refusal) {
      const Manner last{.then = Manner::Then::close};
      auto writing = write_response(connection, std::move(*refusal), last, self->limits_.write,
                                    self->environment_.clock);
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
    const auto leaving = self->scope_.token().subscribe([self, weak = std::weak_ptr{conversation}] {
      const auto alive = weak.lock();
      if (!alive) return;
      if (self->left_) return alive->close(1012, "the program restarts");
      alive->close(1001, "the program stops");
    });
    auto talking = self->handler_.converse(std::move(request), conversation);
    co_await std::move(talking);
    conversation->close(1000, "");
  }

  Handler& handler_;
  const ServerLimits limits_;
  const Environment environment_;
  std::vector<Door> acceptors_;
  std::list<ConnectionPtr> connections_;
  std::vector<std::weak_ptr<Conversation>> conversations_;
  std::optional<OpenSockets> left_;  // being handed over
  async::Scope scope_;               // accept loops and connections
  async::Scope drains_;              // last frames of web sockets; never asked to stop
};

void close_all(OpenSockets& sockets) {
  for (const auto& listener : sockets.listeners) ::close(listener.descriptor);
  for (const auto& connection : sockets.connections) ::close(connection.descriptor);
  sockets = {};
}

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
  const auto bound = port_of(*acceptor);
  impl_->accept_on(std::move(acceptor), Listener::Kind::http);
  return bound;
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
  impl_->accept_on(std::move(acceptor), Listener::Kind::control);
  return {};
}

Result<std::uint16_t> HttpServer::adopt(Listener listener) { return impl_->adopt(listener); }
void HttpServer::adopt(Parked connection) { impl_->adopt(std::move(connection)); }

asio::awaitable<void> HttpServer::stop(TimePoint deadline) { return impl_->stop(deadline); }
asio::awaitable<OpenSockets> HttpServer::hand_over(TimePoint deadline) {
  return impl_->hand_over(deadline);
}
std::size_t HttpServer::connections() const { return impl_->connections(); }

}  // namespace orrery::net
