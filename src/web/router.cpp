#include "web/router.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <boost/json.hpp>
#include <unistd.h>

#include "core/text.h"
#include "web/reply.h"

namespace orrery::web {
namespace {

// "localhost:80" → "localhost"; "[::1]:80" → "::1".
std::string host_name(std::string_view host) {
  if (host.starts_with('[')) return std::string{host.substr(1, host.find(']') - 1)};
  std::string name{host.substr(0, host.rfind(':'))};
  if (name.ends_with('.')) name.pop_back();
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

// A page that rebinds its name can only ever send that name, never an address.
bool is_address(const std::string& host) {
  const bool digits = !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos;
  const bool six = host.find(':') != std::string::npos &&
                   host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos;
  return digits || six;
}

bool is_read(const std::string& method) { return method == "GET" || method == "HEAD"; }

bool same_text(std::string_view a, std::string_view b) {  // in time that tells nothing
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

Scope usual_scope(const std::string& method) {
  return is_read(method) ? Scope::read : Scope::manage;
}

// The secret of "Authorization: Bearer SECRET"; nothing if there is no such header.
std::optional<std::string> bearer_of(const net::Request& request) {
  const auto header = request.header("authorization");
  const auto space = header.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::string scheme{header.substr(0, space)};
  std::ranges::transform(scheme, scheme.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (scheme != "bearer") return std::nullopt;
  return std::string{trim(header.substr(space))};
}

void harden(net::Response& response) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
      "form-action 'self'; frame-ancestors 'none'");
  const auto cached = [](const auto& header) { return header.first == "Cache-Control"; };
  if (std::ranges::none_of(response.headers, cached))
    response.headers.emplace_back("Cache-Control", "no-store");
}

}  // namespace

// The guards are made here, and only after the checks of `dispatch`.
void Router::add(const std::string& method, const std::string& path, Call<Public> call) {
  mount(method, path,
        {Access::everyone, Scope::read,
         [call = std::move(call)](net::Request request, std::optional<Principal>) {
           return call(std::move(request), Public{});
         }});
}
void Router::add(const std::string& method, const std::string& path, Call<SignedIn> call,
                 std::optional<Scope> scope) {
  mount(method, path,
        {Access::signed_in, scope.value_or(usual_scope(method)),
         [call = std::move(call)](net::Request request, std::optional<Principal> who) {
           return call(std::move(request), SignedIn{std::move(*who)});
         }});
}
void Router::add(const std::string& method, const std::string& path, Call<Guarded> call,
                 std::optional<Scope> scope) {
  mount(method, path,
        {Access::guarded, scope.value_or(usual_scope(method)),
         [call = std::move(call)](net::Request request, std::optional<Principal> who) {
           return call(std::move(request), Guarded{SignedIn{std::move(*who)}});
         }});
}
void Router::add_socket(const std::string& path, Conversation<Guarded> call, Scope scope) {
  sockets_.emplace(path, Socket{scope, std::move(call)});
}

void Router::mount(const std::string& method, const std::string& path, Route route) {
  if (!routes_[path].emplace(method, std::move(route)).second)
    std::abort();  // two handlers, one place
}

std::optional<net::Response> Router::check_host(const net::Request& request) const {
  if (request.peer.user) return std::nullopt;  // a local socket has no name to rebind
  const auto host = host_name(request.header("host"));
  const auto& allowed = runtime_.configuration().settings().http.allowed_hosts;
  if (is_address(host) || host == "localhost" || std::ranges::find(allowed, host) != allowed.end())
    return std::nullopt;
  return problem(421, fmt::format("this server is not known as '{}'; add it to http.allowed_hosts",
                                  printable(host.substr(0, 100))));
}

// A browser names the page that asks; only our own may write or open a socket.
std::optional<net::Response> Router::check_origin(const net::Request& request) const {
  const auto origin = request.header("origin");
  if (request.peer.user || origin.empty()) return std::nullopt;
  const auto scheme = origin.find("://");
  const bool same =
      scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
  if (same) return std::nullopt;
  return problem(403, "the request comes from another site");
}

std::optional<Principal> Router::authenticate(const net::Request& request) const {
  if (request.peer.user) {
    if (*request.peer.user != ::geteuid() && *request.peer.user != 0) return std::nullopt;
    return Principal{.name = "owner", .id = "owner", .via = Principal::Via::local_socket};
  }
  if (const auto secret = bearer_of(request)) return accounts_.key(*secret);
  const auto token = request.cookie("orrery_session");
  return token ? accounts_.session(*token) : std::nullopt;
}

std::optional<net::Response> Router::check_csrf(const net::Request& request,
                                                const Principal& who) const {
  if (who.via != Principal::Via::session || is_read(request.method)) return std::nullopt;
  if (same_text(request.header("x-orrery-csrf"), accounts_.csrf(who.session))) return std::nullopt;
  return problem(403, "the header X-Orrery-Csrf is missing or wrong");
}

net::Response Router::not_ready(bool may_know_why) const {
  const auto snapshot = runtime_.snapshot();
  const bool failed = lifecycle::is_failed(snapshot->state);
  const auto reason = lifecycle::failure_text(*snapshot);
  boost::json::object data{{"state", lifecycle::public_state(snapshot->state)},
                           {"ready", false},
                           {"failed", failed},
                           {"failure_message", nullptr}};
  if (failed && may_know_why) data["failure_message"] = reason;
  boost::json::object body{
      {"status", "error"},
      {"message",
       failed ? "The bot could not start. Look at the dashboard or 'orrery status', then retry."
              : "The bot is not ready. Try again shortly."},
      {"data", std::move(data)}};
  return {.status = 503,
          .content_type = "application/json; charset=utf-8",
          .body = boost::json::serialize(body) + "\n",
          .headers = {{"Retry-After", failed ? "10" : "1"}}};
}

asio::awaitable<net::Response> Router::handle(net::Request request) {
  auto dispatching = dispatch(std::move(request));
  auto response = co_await std::move(dispatching);
  harden(response);
  co_return response;
}

asio::awaitable<net::Response> Router::dispatch(net::Request request) {
  if (auto refusal = check_host(request)) co_return std::move(*refusal);
  const auto path = routes_.find(request.path);
  if (path == routes_.end()) {
    const bool socket = sockets_.contains(request.path);
    co_return socket ? problem(426, "open a WebSocket here")
                     : problem(404, "there is nothing here");
  }
  const auto& methods = path->second;
  auto route = methods.find(request.method);
  if (route == methods.end() && request.method == "HEAD") route = methods.find("GET");
  if (route == methods.end())
    co_return problem(405, fmt::format("{} is not possible here", printable(request.method)));
  auto who = authenticate(request);
  if (auto refusal = check_access(request, route->second, who)) co_return std::move(*refusal);
  auto calling = route->second.call(std::move(request), std::move(who));
  co_return co_await std::move(calling);
}

std::optional<net::Response> Router::check_access(const net::Request& request, const Route& route,
                                                  const std::optional<Principal>& who) const {
  if (!is_read(request.method)) {
    if (auto refusal = check_origin(request)) return refusal;
  }
  if (route.access == Access::everyone) return std::nullopt;
  if (!who) return problem(401, "sign in first");
  if (auto refusal = check_csrf(request, *who)) return refusal;
  if (!who->may(route.scope))
    return problem(403, fmt::format("this key lacks the scope '{}'", name_of(route.scope)));
  if (route.access == Access::guarded && !runtime_.ready())
    return not_ready(who->via != Principal::Via::api_key);
  return std::nullopt;
}

// Awaited by the server at once.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<std::optional<net::Response>> Router::refuse_upgrade(const net::Request& request) {
  if (auto refusal = check_host(request)) co_return refusal;
  if (auto refusal = check_origin(request)) co_return refusal;
  const auto socket = sockets_.find(request.path);
  if (socket == sockets_.end()) co_return problem(404, "there is nothing here");
  const auto who = authenticate(request);
  if (!who) co_return problem(401, "sign in first");
  const auto scope = socket->second.scope;
  if (!who->may(scope))
    co_return problem(403, fmt::format("this key lacks the scope '{}'", name_of(scope)));
  co_return std::nullopt;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

asio::awaitable<void> Router::converse(net::Request request,
                                       std::shared_ptr<net::WebSocket> socket) {
  if (!runtime_.ready()) {
    socket->close(1013, "the runtime is not ready");
    co_return;
  }
  auto who = authenticate(request);
  if (!who) {  // signed out since the upgrade was admitted
    socket->close(1008, "sign in first");
    co_return;
  }
  // What was opened with a session ends with it.
  const auto ending = accounts_.ending(*who);
  const auto signed_out = ending.subscribe([weak = std::weak_ptr{socket}] {
    if (const auto open = weak.lock()) open->close(1008, "signed out");
  });
  const auto& call = sockets_.find(request.path)->second.call;
  auto talking = call(std::move(request), Guarded{SignedIn{std::move(*who)}}, std::move(socket));
  co_await std::move(talking);
}

}  // namespace orrery::web
