// The limit under load: Beast's own way to serve one answer to everybody, with coroutines, on one
// thread, connections kept open. What Orrery does beyond this is its cost.
#include <cstdlib>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> serve(asio::ip::tcp::socket socket) {
  beast::tcp_stream stream{std::move(socket)};
  beast::flat_buffer buffer;
  while (true) {
    stream.expires_after(std::chrono::seconds{30});
    http::request<http::string_body> request;
    auto [lost, size] = co_await http::async_read(stream, buffer, request, use_tuple);
    if (lost) co_return;
    http::response<http::string_body> response{http::status::ok, 11};
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.body() = "ok\n";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    auto [failed, count] = co_await http::async_write(stream, response, use_tuple);
    if (failed || !request.keep_alive()) co_return;
  }
}

asio::awaitable<void> listen(asio::ip::tcp::endpoint endpoint) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::acceptor acceptor{executor, endpoint};
  while (true) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(executor, serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  asio::io_context io{1};
  const asio::ip::tcp::endpoint endpoint{asio::ip::address_v4::loopback(),
                                         static_cast<std::uint16_t>(std::atoi(argv[1]))};
  asio::co_spawn(io, listen(endpoint), asio::detached);
  io.run();
}
