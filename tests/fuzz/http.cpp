// Any bytes as what a client sends, whole and in two parts with a hand-over between them: the
// server answers or closes, and leaves nothing behind.
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_server.h"

using namespace orrery;
using namespace std::chrono_literals;

namespace {

class Echo final : public net::Handler {
 public:
  asio::awaitable<net::Response> handle(net::Request request) override {
    // What every route may do with a request.
    const auto parameter = request.parameter("a").value_or("") + request.cookie("b").value_or("");
    co_return net::Response{.body = request.path + parameter + request.body, .headers = {}};
  }
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  asio::awaitable<std::optional<net::Response>> refuse_upgrade(const net::Request&) override {
    co_return std::nullopt;
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
  asio::awaitable<void> converse(net::Request, std::shared_ptr<net::WebSocket> socket) override {
    while (true) {
      auto reading = socket->read();
      auto text = co_await std::move(reading);
      if (!text) co_return;
      socket->send(std::move(*text));
    }
  }
};

struct Run {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  Journal journal;
  Echo echo;
  net::ServerLimits limits{.connections = 4, .read = 50ms, .idle = 50ms, .write = 50ms};

  std::unique_ptr<net::HttpServer> server() {
    return std::make_unique<net::HttpServer>(
        echo, limits, net::HttpServer::Environment{io.get_executor(), clock, journal});
  }
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  asio::awaitable<void> hand_over(net::HttpServer& from, net::HttpServer& to) {
    auto leaving = from.hand_over(clock.now() + 5ms);
    auto left = co_await std::move(leaving);
    for (auto& connection : left.connections) to.adopt(std::move(connection));
  }
  asio::awaitable<void> stop(net::HttpServer& server) {
    auto stopping = server.stop(clock.now() + 5ms);
    co_await std::move(stopping);
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
};

void send(int socket, const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] const auto sent = ::send(socket, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  Run run;
  const auto first = run.server();
  const auto second = run.server();
  async::Scope scope{"fuzz", run.io.get_executor(), run.clock, [](auto&&...) { std::abort(); }};
  const auto finish = [&] {
    run.io.restart();  // it may have run out of work before
    while (scope.alive() > 0) run.io.run_one();
  };
  const auto half = size / 2;
  first->adopt(net::Parked{ends[0], {}});
  send(ends[1], data, half);
  run.io.poll();
  scope.spawn("hand over", run.hand_over(*first, *second));
  finish();
  send(ends[1], data + half, size - half);
  ::shutdown(ends[1], SHUT_WR);
  run.io.restart();
  run.io.poll();
  scope.spawn("stop", run.stop(*second));
  finish();
  ::close(ends[1]);
  run.io.restart();
  run.io.poll();
  if (first->connections() + second->connections() != 0) std::abort();
  return 0;
}
