// The limit: the smallest Beast server that answers 200. What Orrery does beyond this is its cost.
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  asio::io_context io{1};
  const asio::ip::tcp::endpoint endpoint{asio::ip::address_v4::loopback(),
                                         static_cast<std::uint16_t>(std::atoi(argv[1]))};
  asio::ip::tcp::acceptor acceptor{io, endpoint};
  while (true) {
    auto socket = acceptor.accept();
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    boost::system::error_code error;
    http::read(socket, buffer, request, error);
    if (error) continue;
    http::response<http::string_body> response{http::status::ok, 11};
    response.body() = "ok\n";
    response.prepare_payload();
    http::write(socket, response, error);
  }
}
