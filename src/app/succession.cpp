#include "app/succession.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace orrery::app {
namespace {

net::Listener copy_of(const net::Listener& listener) {
  return {listener.kind, ::fcntl(listener.descriptor, F_DUPFD_CLOEXEC, 3)};
}

struct Place {
  std::string host;
  std::uint16_t port = 0;
};

Place place_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char text[INET6_ADDRSTRLEN] = {};
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    return {text, ntohs(four.sin_port)};
  }
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  ::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
  return {text, ntohs(six.sin6_port)};
}

void drop(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

}  // namespace

bool Succession::fits(const net::Listener& listener, const std::string& host,
                      std::uint16_t port) const {
  if (before_.managed) return true;
  const auto place = place_of(listener.descriptor);
  return place.host == (host == "localhost" ? "127.0.0.1" : host) &&
         (port == 0 || place.port == port);
}

std::vector<net::Listener> Succession::listeners_for(const std::string& host,
                                                     std::uint16_t port) const {
  std::vector<net::Listener> fitting;
  for (const auto& listener : before_.sockets.listeners) {
    const bool http = listener.kind == net::Listener::Kind::http;
    if (http && fits(listener, host, port)) fitting.push_back(copy_of(listener));
  }
  return fitting;
}

void Succession::drop_misfits(const std::string& host, std::uint16_t port) {
  std::erase_if(before_.sockets.listeners, [&](net::Listener& listener) {
    const bool http = listener.kind == net::Listener::Kind::http;
    if (!http || fits(listener, host, port)) return false;
    drop(listener.descriptor);
    return true;
  });
}

std::optional<net::Listener> Succession::control_listener() const {
  for (const auto& listener : before_.sockets.listeners) {
    if (listener.kind == net::Listener::Kind::control) return copy_of(listener);
  }
  return std::nullopt;
}

std::vector<net::Parked> Succession::take_connections() {
  return std::exchange(before_.sockets.connections, {});
}

void Succession::settle() {
  for (auto& listener : before_.sockets.listeners) drop(listener.descriptor);
  before_.sockets.listeners.clear();
  drop(before_.lock);
  drop(before_.previous);
}

}  // namespace orrery::app
