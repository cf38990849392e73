#include <boost/json.hpp>

#include "net/rate_limit.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

// Whoever finds an open session must not be able to keep its owner out: a password or a second
// factor is changed only with the password of who does it ("confirm"), and never by a key.
class UserRoutes {
 public:
  UserRoutes(Accounts& accounts, RuntimeControl& runtime, async::Clock& clock)
      : accounts_{accounts}, runtime_{runtime}, clock_{clock} {}

  asio::awaitable<net::Response> list() {
    json::array names;
    json::array details;
    for (const auto& user : accounts_.users()) {
      names.push_back(json::value(user.name));
      details.push_back({{"name", user.name}, {"second_factor", user.second_factor}});
    }
    co_return ok({{"users", std::move(names)}, {"details", std::move(details)}});
  }
  asio::awaitable<net::Response> add(net::Request request) {
    auto given = given_of(request);
    if (!given) co_return problem(given.error());
    auto adding = accounts_.add(std::move(given->first), std::move(given->second));
    const auto added = co_await std::move(adding);
    co_return added ? ok(nullptr) : problem(added.error());
  }
  asio::awaitable<net::Response> set_password(net::Request request, Principal who) {
    auto given = given_of(request);
    if (!given) co_return problem(given.error());
    auto confirming = confirm(std::move(request), std::move(who));
    if (const auto sure = co_await std::move(confirming); !sure) co_return problem(sure.error());
    auto setting = accounts_.set_password(std::move(given->first), std::move(given->second));
    const auto set = co_await std::move(setting);
    co_return set ? ok(nullptr) : problem(set.error());
  }
  asio::awaitable<net::Response> remove(net::Request request) {
    const auto name = name_of(request);
    const auto removed = name ? accounts_.remove(*name) : Result<>{fail(name.error())};
    co_return removed ? ok(nullptr) : problem(removed.error());
  }
  // For who has lost the authenticator and the codes: another user, or the machine's owner.
  asio::awaitable<net::Response> end_factor(net::Request request, Principal who) {
    const auto name = name_of(request);
    auto confirming = confirm(std::move(request), std::move(who));
    if (const auto sure = co_await std::move(confirming); !sure) co_return problem(sure.error());
    const auto ended = name ? accounts_.end_second_factor(*name) : Result<>{fail(name.error())};
    co_return ended ? ok(nullptr) : problem(ended.error());
  }
  asio::awaitable<net::Response> setup_link() {
    const auto token = accounts_.open_setup();
    if (!token) co_return problem(token.error());
    co_return ok({{"link", runtime_.address() + "/setup#" + *token}});
  }

 private:
  Task<> confirm(net::Request request, Principal who) {
    if (who.via == Principal::Via::local_socket) co_return Result<>{};
    if (who.via == Principal::Via::api_key)
      co_return fail(ErrorKind::denied, "only who has signed in may do this");
    const auto body = object_of(request);
    auto password = body ? field_of(*body, "confirm") : Result<std::string>{fail(body.error())};
    if (!password)
      co_return fail(ErrorKind::denied, "your own password is needed as well (confirm)");
    if (const auto wait = guesses_.take(who.name, clock_.now())) {
      Error limited{ErrorKind::limited, "too many wrong passwords"};
      co_return fail(
          std::move(limited).retry_after(std::chrono::ceil<std::chrono::milliseconds>(*wait)));
    }
    auto checking = accounts_.check_password_of(who.name, Secret{std::move(*password)});
    co_return co_await std::move(checking);
  }

  static Result<std::string> name_of(const net::Request& request) {
    const auto body = object_of(request);
    if (!body) return fail(body.error());
    return field_of(*body, "username");
  }
  static Result<std::pair<std::string, Secret>> given_of(const net::Request& request) {
    const auto body = object_of(request);
    if (!body) return fail(body.error());
    auto name = field_of(*body, "username");
    if (!name) return fail(std::move(name).error());
    auto password = field_of(*body, "password");
    if (!password) return fail(std::move(password).error());
    return std::pair{std::move(*name), Secret{std::move(*password)}};
  }
  Accounts& accounts_;
  RuntimeControl& runtime_;
  async::Clock& clock_;
  net::RateLimit guesses_{8, std::chrono::seconds{10}};
};

}  // namespace

void add_user_routes(Router& router, Accounts& accounts, RuntimeControl& runtime,
                     async::Clock& clock) {
  const auto routes = std::make_shared<UserRoutes>(accounts, runtime, clock);
  const Router::Call<SignedIn> list = [routes](net::Request, SignedIn) { return routes->list(); };
  const Router::Call<SignedIn> add = [routes](net::Request r, SignedIn) {
    return routes->add(std::move(r));
  };
  const Router::Call<SignedIn> passwd = [routes](net::Request r, SignedIn in) {
    return routes->set_password(std::move(r), in.who());
  };
  const Router::Call<SignedIn> link = [routes](net::Request, SignedIn) {
    return routes->setup_link();
  };
  const Router::Call<SignedIn> remove = [routes](net::Request r, SignedIn) {
    return routes->remove(std::move(r));
  };
  const Router::Call<SignedIn> end_factor = [routes](net::Request r, SignedIn in) {
    return routes->end_factor(std::move(r), in.who());
  };
  router.add("POST", "/api/users/remove", remove);
  router.add("POST", "/api/users/second-factor/end", end_factor);
  router.add("GET", "/api/users", list, Scope::manage);
  router.add("POST", "/api/users", add);
  router.add("POST", "/api/users/password", passwd);
  router.add("POST", "/api/users/setup-link", link);
}

}  // namespace orrery::web
