#include <algorithm>

#include <boost/json.hpp>

#include "core/text.h"
#include "net/rate_limit.h"
#include "web/reply.h"
#include "web/routes/routes.h"
#include "web/totp.h"

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

Result<Accounts::Credentials> credentials_of(const json::object& body,
                                             const net::Request& request) {
  auto name = field_of(body, "username");
  if (!name) return fail(std::move(name).error());
  auto password = field_of(body, "password");
  if (!password) return fail(std::move(password).error());
  const auto code = field_of(body, "code");
  if (name->size() > 256 || password->size() > 1024 || (code && code->size() > 64))
    return fail(ErrorKind::invalid, "that is too long");
  return Accounts::Credentials{.name = std::move(*name),
                               .password = Secret{std::move(*password)},
                               .code = code ? *code : std::string{},
                               .agent = std::string{request.header("user-agent")}};
}

// Behind a proxy we trust, what it says about the client counts.
bool from_proxy(const net::Request& request, const RuntimeControl& runtime) {
  const auto& proxies = runtime.configuration().settings().http.trusted_proxies;
  return std::ranges::find(proxies, request.peer.address) != proxies.end();
}

std::string address_of(const net::Request& request, const RuntimeControl& runtime) {
  if (!from_proxy(request, runtime)) return request.peer.address;
  // The last of the last line is the one our proxy saw; what stands before it the client may have
  // made up.
  const auto lines = request.all("x-forwarded-for");
  if (lines.empty()) return request.peer.address;
  return std::string{trim(lines.back().substr(lines.back().rfind(',') + 1))};
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
    auto given =
        body ? credentials_of(*body, request) : Result<Accounts::Credentials>{fail(body.error())};
    if (!given) co_return problem(given.error());
    if (auto admitted = attempts_.admit(address_of(request, runtime_), given->name); !admitted) {
      co_return problem(admitted.error());
    }
    const auto name = given->name;
    auto signing = accounts_.sign_in(std::move(*given));
    const auto session = co_await std::move(signing);
    if (!session && session.error().kind() == ErrorKind::denied)
      co_return problem(401, session.error().text());
    if (!session && session.error().kind() == ErrorKind::invalid)
      co_return problem(401, session.error().text(), {{"needs", "code"}});
    if (!session) co_return problem(session.error());
    co_return signed_in(*session, name, over_tls(request, runtime_));
  }

  // {"everywhere":true} ends all sessions of the user.
  asio::awaitable<net::Response> logout(net::Request request, SignedIn in) {
    const auto body =
        request.body.empty() ? Result<json::object>{json::object{}} : object_of(request);
    if (!body) co_return problem(body.error());
    const auto* everywhere = body->if_contains("everywhere");
    if (everywhere != nullptr && *everywhere == json::value(true)) {
      if (in.who().via == Principal::Via::api_key)
        co_return problem(403, "only who has signed in may do this");
      const auto ended = accounts_.sign_out_everywhere(in.who().name);
      if (!ended) co_return problem(ended.error());
    }
    accounts_.sign_out(in.who().session);
    auto response = ok(nullptr);
    response.headers.emplace_back("Set-Cookie",
                                  "orrery_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    co_return response;
  }

  // Who is signed in, with the CSRF value of the session.
  asio::awaitable<net::Response> whoami(net::Request, SignedIn in) {
    const bool browser = in.who().via == Principal::Via::session;
    const auto users = accounts_.users();
    const auto me = std::ranges::find(users, in.who().name, &Accounts::UserView::name);
    json::object data{{"username", in.who().name},
                      {"second_factor", me != users.end() && me->second_factor}};
    if (browser) data["csrf"] = accounts_.csrf(in.who().session);
    co_return ok(std::move(data));
  }

  asio::awaitable<net::Response> sessions(net::Request, SignedIn in) {
    json::array list;
    for (const auto& session : accounts_.sessions(in.who().name, in.who().session)) {
      list.push_back({{"id", session.id},
                      {"begun", iso8601(session.begun)},
                      {"expires", iso8601(session.expires)},
                      {"agent", session.agent},
                      {"current", session.current}});
    }
    co_return ok({{"sessions", std::move(list)}});
  }

  // ---- the second factor: begin with a secret, confirm with a code of it

  asio::awaitable<net::Response> begin_factor(net::Request request, SignedIn in) {
    auto checked = confirm_password(std::move(request), in.who());
    const auto right = co_await std::move(checked);
    if (!right) co_return problem(right.error());
    const auto secret = accounts_.begin_second_factor(in.who().name);
    if (!secret) co_return problem(secret.error());
    co_return ok({{"secret", secret->reveal()}, {"uri", totp_uri(*secret, in.who().name)}});
  }
  asio::awaitable<net::Response> confirm_factor(net::Request request, SignedIn in) {
    const auto body = object_of(request);
    if (!body) co_return problem(body.error());
    const auto code = field_of(*body, "code");
    if (!code) co_return problem(code.error());
    const auto codes = accounts_.confirm_second_factor(in.who().name, *code);
    if (!codes) co_return problem(codes.error());
    co_return ok({{"recovery_codes", json::array(codes->begin(), codes->end())}});
  }
  asio::awaitable<net::Response> end_factor(net::Request request, SignedIn in) {
    auto checked = confirm_password(std::move(request), in.who());
    const auto right = co_await std::move(checked);
    if (!right) co_return problem(right.error());
    const auto ended = accounts_.end_second_factor(in.who().name);
    co_return ended ? ok(nullptr) : problem(ended.error());
  }

  asio::awaitable<net::Response> setup_state(net::Request) {
    co_return ok({{"needed", accounts_.empty()}, {"open", accounts_.setup_is_open()}});
  }

  asio::awaitable<net::Response> set_up(net::Request request) {
    const auto body = object_of(request);
    auto given =
        body ? credentials_of(*body, request) : Result<Accounts::Credentials>{fail(body.error())};
    if (!given) co_return problem(given.error());
    auto token = field_of(*body, "token");
    if (!token) co_return problem(token.error());
    if (auto admitted = attempts_.admit(address_of(request, runtime_), "(set-up)"); !admitted) {
      co_return problem(admitted.error());
    }
    const auto name = given->name;
    auto making = accounts_.set_up(std::move(*token), std::move(*given));
    const auto session = co_await std::move(making);
    if (!session) co_return problem(session.error());
    co_return signed_in(*session, name, over_tls(request, runtime_));
  }

 private:
  // Whoever finds an open session must not be able to lock its owner out.
  Task<> confirm_password(net::Request request, Principal who) {
    const auto body = object_of(request);
    if (!body) co_return fail(body.error());
    auto password = field_of(*body, "password");
    if (!password) co_return fail(std::move(password).error());
    if (auto admitted = attempts_.admit(address_of(request, runtime_), who.name); !admitted)
      co_return admitted;
    auto checking = accounts_.check_password_of(who.name, Secret{std::move(*password)});
    co_return co_await std::move(checking);
  }

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
  const Router::Call<Public> state = [routes](net::Request r, Public) {
    return routes->setup_state(std::move(r));
  };
  const Router::Call<Public> set_up = [routes](net::Request r, Public) {
    return routes->set_up(std::move(r));
  };
  using Handler = asio::awaitable<net::Response> (AuthRoutes::*)(net::Request, SignedIn);
  const auto signed_in = [&](const std::string& method, const std::string& path, Handler handler) {
    const Router::Call<SignedIn> call = [routes, handler](net::Request r, SignedIn in) {
      return ((*routes).*handler)(std::move(r), std::move(in));
    };
    router.add(method, path, call);
  };
  router.add("POST", "/api/auth/login", login);
  router.add("GET", "/api/auth/setup", state);
  router.add("POST", "/api/auth/setup", set_up);
  signed_in("POST", "/api/auth/logout", &AuthRoutes::logout);
  signed_in("GET", "/api/auth/session", &AuthRoutes::whoami);
  signed_in("GET", "/api/auth/sessions", &AuthRoutes::sessions);
  signed_in("POST", "/api/auth/second-factor", &AuthRoutes::begin_factor);
  signed_in("POST", "/api/auth/second-factor/confirm", &AuthRoutes::confirm_factor);
  signed_in("POST", "/api/auth/second-factor/end", &AuthRoutes::end_factor);
}

}  // namespace orrery::web
