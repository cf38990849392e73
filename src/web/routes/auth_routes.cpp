#include <algorithm>

#include <boost/json.hpp>

#include "net/rate_limit.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// Guessing is limited by address, and more tightly by address and name; a name alone is only
// limited so far that its owner is not locked out by a stranger.
class Attempts {
 public:
  explicit Attempts(async::Clock& clock) : clock_{clock} {}

  Result<> admit(const std::string& address, const std::string& name) {
    const auto now = clock_.now();
    auto wait = by_address_.take(address, now);
    if (!wait) wait = by_both_.take(address + " " + name, now);
    if (!wait) wait = by_name_.take(name, now);
    if (!wait) return {};
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(*wait);
    Error limited{ErrorKind::limited, "too many attempts to sign in"};
    return fail(std::move(limited).retry_after(delay).remedy("wait and try again"));
  }

 private:
  async::Clock& clock_;
  net::RateLimit by_address_{20, 3s};
  net::RateLimit by_both_{8, 10s};
  net::RateLimit by_name_{60, 1s};
};

struct Credentials {
  std::string name;
  Secret password;
};

Result<Credentials> credentials_of(const json::object& body) {
  auto name = field_of(body, "username");
  if (!name) return fail(std::move(name).error());
  auto password = field_of(body, "password");
  if (!password) return fail(std::move(password).error());
  if (name->size() > 256 || password->size() > 1024)
    return fail(ErrorKind::invalid, "that is too long");
  return Credentials{std::move(*name), Secret{std::move(*password)}};
}

// Behind a proxy we trust, what it says about the client counts.
bool from_proxy(const net::Request& request, const RuntimeControl& runtime) {
  const auto& proxies = runtime.configuration().settings().http.trusted_proxies;
  return std::ranges::find(proxies, request.peer.address) != proxies.end();
}

std::string address_of(const net::Request& request, const RuntimeControl& runtime) {
  const auto forwarded = request.header("x-forwarded-for");
  if (forwarded.empty() || !from_proxy(request, runtime)) return request.peer.address;
  return std::string{forwarded.substr(forwarded.rfind(',') + 1)};  // the one our proxy saw
}

bool over_tls(const net::Request& request, const RuntimeControl& runtime) {
  return from_proxy(request, runtime) && request.header("x-forwarded-proto") == "https";
}

net::Response signed_in(const Accounts::Opened& session, std::string_view name, bool secure) {
  auto response = ok({{"username", name}, {"csrf", session.csrf}});
  response.headers.emplace_back(
      "Set-Cookie",
      fmt::format("orrery_session={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000{}",
                  session.token, secure ? "; Secure" : ""));
  return response;
}

class AuthRoutes {
 public:
  AuthRoutes(Accounts& accounts, RuntimeControl& runtime, async::Clock& clock)
      : accounts_{accounts}, runtime_{runtime}, attempts_{clock} {}

  asio::awaitable<net::Response> login(net::Request request) {
    const auto body = object_of(request);
    auto given = body ? credentials_of(*body) : Result<Credentials>{fail(body.error())};
    if (!given) co_return problem(given.error());
    if (auto admitted = attempts_.admit(address_of(request, runtime_), given->name); !admitted) {
      co_return problem(admitted.error());
    }
    const auto name = given->name;
    auto signing = accounts_.sign_in(name, std::move(given->password));
    const auto session = co_await std::move(signing);
    if (!session && session.error().kind() == ErrorKind::denied)
      co_return problem(401, session.error().text());
    if (!session) co_return problem(session.error());
    co_return signed_in(*session, name, over_tls(request, runtime_));
  }

  asio::awaitable<net::Response> logout(net::Request, SignedIn in) {
    accounts_.sign_out(in.who().session);
    auto response = ok(nullptr);
    response.headers.emplace_back("Set-Cookie",
                                  "orrery_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    co_return response;
  }

  // Who is signed in, with the CSRF value of the session.
  asio::awaitable<net::Response> whoami(net::Request, SignedIn in) {
    co_return ok({{"username", in.who().name}, {"csrf", accounts_.csrf(in.who().session)}});
  }

  asio::awaitable<net::Response> setup_state(net::Request) {
    co_return ok({{"needed", accounts_.empty()}, {"open", accounts_.setup_is_open()}});
  }

  asio::awaitable<net::Response> set_up(net::Request request) {
    const auto body = object_of(request);
    auto given = body ? credentials_of(*body) : Result<Credentials>{fail(body.error())};
    if (!given) co_return problem(given.error());
    auto token = field_of(*body, "token");
    if (!token) co_return problem(token.error());
    if (auto admitted = attempts_.admit(address_of(request, runtime_), "(set-up)"); !admitted) {
      co_return problem(admitted.error());
    }
    const auto name = given->name;
    auto making = accounts_.set_up(std::move(*token), name, std::move(given->password));
    const auto session = co_await std::move(making);
    if (!session) co_return problem(session.error());
    co_return signed_in(*session, name, over_tls(request, runtime_));
  }

 private:
  Accounts& accounts_;
  RuntimeControl& runtime_;
  Attempts attempts_;
};

}  // namespace

void add_auth_routes(Router& router, Accounts& accounts, RuntimeControl& runtime,
                     async::Clock& clock) {
  const auto routes = std::make_shared<AuthRoutes>(accounts, runtime, clock);
  const Router::Call<Public> login = [routes](net::Request r, Public) {
    return routes->login(std::move(r));
  };
  const Router::Call<SignedIn> logout = [routes](net::Request r, SignedIn in) {
    return routes->logout(std::move(r), std::move(in));
  };
  const Router::Call<SignedIn> whoami = [routes](net::Request r, SignedIn in) {
    return routes->whoami(std::move(r), std::move(in));
  };
  const Router::Call<Public> state = [routes](net::Request r, Public) {
    return routes->setup_state(std::move(r));
  };
  const Router::Call<Public> set_up = [routes](net::Request r, Public) {
    return routes->set_up(std::move(r));
  };
  router.add("POST", "/api/auth/login", login);
  router.add("POST", "/api/auth/logout", logout);
  router.add("GET", "/api/auth/session", whoami);
  router.add("GET", "/api/auth/setup", state);
  router.add("POST", "/api/auth/setup", set_up);
}

}  // namespace orrery::web
