// From a request to the one handler for it, past every check that stands before it.
//
//   host → route → authenticate → origin and CSRF → guard → handler
//
// Guarded is the default: which checks a route has is the type of its handler's last parameter
// (guard.h). The control socket serves the same routes; its peer's user id makes it the owner.
//
// Threads   the control strand.
#pragma once

#include <functional>
#include <map>

#include "net/http.h"
#include "web/guard.h"
#include "web/runtime_control.h"

namespace orrery::web {

// Who a request comes from, by its cookie.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual std::optional<Principal> session(const std::string& token) const = 0;
  // The CSRF value that belongs to a session's token.
  virtual std::string csrf(const std::string& token) const = 0;
  // Requested when that session ends: signed out, password changed.
  virtual async::StopToken ending(const std::string& token) const = 0;
};

class Router final : public net::Handler {
 public:
  template <class Pass>
  using Call = std::function<asio::awaitable<net::Response>(net::Request, Pass)>;
  template <class Pass>
  using Conversation =
      std::function<asio::awaitable<void>(net::Request, Pass, std::shared_ptr<net::WebSocket>)>;

  // All outlive the router.
  Router(RuntimeControl& runtime, const Authenticator& accounts)
      : runtime_{runtime}, accounts_{accounts} {}

  // Mounts a handler. Requires: the place is free.
  void add(const std::string& method, const std::string& path, Call<Public> call);
  void add(const std::string& method, const std::string& path, Call<SignedIn> call);
  void add(const std::string& method, const std::string& path, Call<Guarded> call);
  // Not ready is told inside the socket, by closing it with 1013.
  void add_socket(const std::string& path, Conversation<Guarded> call);

  asio::awaitable<net::Response> handle(net::Request request) override;
  asio::awaitable<std::optional<net::Response>> refuse_upgrade(
      const net::Request& request) override;
  asio::awaitable<void> converse(net::Request request,
                                 std::shared_ptr<net::WebSocket> socket) override;

 private:
  enum class Access { everyone, signed_in, guarded };
  using Checked =
      std::function<asio::awaitable<net::Response>(net::Request, std::optional<Principal>)>;
  struct Route {
    Access access;
    Checked call;
  };

  void mount(const std::string& method, const std::string& path, Route route);
  asio::awaitable<net::Response> dispatch(net::Request request);
  std::optional<net::Response> check_host(const net::Request& request) const;
  std::optional<net::Response> check_origin(const net::Request& request) const;
  std::optional<Principal> authenticate(const net::Request& request) const;
  std::optional<net::Response> check_csrf(const net::Request& request, const Principal& who) const;
  net::Response not_ready(bool may_know_why) const;

  RuntimeControl& runtime_;
  const Authenticator& accounts_;
  std::map<std::string, std::map<std::string, Route>, std::less<>> routes_;  // path, method
  std::map<std::string, Conversation<Guarded>, std::less<>> sockets_;
};

}  // namespace orrery::web
