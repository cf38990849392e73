// From a request to the one handler for it, past every check that stands before it.
//
//   host → route → authenticate → origin and CSRF → scope → guard → handler
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

// Who a request comes from, by its cookie or its API key.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual std::optional<Principal> session(const std::string& token) const = 0;
  virtual std::optional<Principal> key(const std::string& secret) const = 0;
  // The CSRF value that belongs to a session's token.
  virtual std::string csrf(const std::string& token) const = 0;
  // Requested when that session or key ends: signed out, password changed, revoked.
  virtual async::StopToken ending(const Principal& who) const = 0;
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

  // Mounts a handler. `scope` is what an API key must be allowed; nothing: `read` to look, `manage`
  // to change. Requires: the place is free.
  void add(const std::string& method, const std::string& path, Call<Public> call);
  void add(const std::string& method, const std::string& path, Call<SignedIn> call,
           std::optional<Scope> scope = {});
  void add(const std::string& method, const std::string& path, Call<Guarded> call,
           std::optional<Scope> scope = {});
  // Not ready is told inside the socket, by closing it with 1013.
  void add_socket(const std::string& path, Conversation<Guarded> call, Scope scope);

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
    Scope scope;
    Checked call;
  };
  struct Socket {
    Scope scope;
    Conversation<Guarded> call;
  };

  void mount(const std::string& method, const std::string& path, Route route);
  asio::awaitable<net::Response> dispatch(net::Request request);
  std::optional<net::Response> check_host(const net::Request& request) const;
  std::optional<net::Response> check_origin(const net::Request& request) const;
  std::optional<Principal> authenticate(const net::Request& request) const;
  std::optional<net::Response> check_csrf(const net::Request& request, const Principal& who) const;
  // Everything that stands between a signed-in person's request and its handler.
  std::optional<net::Response> check_access(const net::Request& request, const Route& route,
                                            const std::optional<Principal>& who) const;
  net::Response not_ready(bool may_know_why) const;

  RuntimeControl& runtime_;
  const Authenticator& accounts_;
  std::map<std::string, std::map<std::string, Route>, std::less<>> routes_;  // path, method
  std::map<std::string, Socket, std::less<>> sockets_;
};

}  // namespace orrery::web
