#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

class UserRoutes {
 public:
  UserRoutes(Accounts& accounts, RuntimeControl& runtime)
      : accounts_{accounts}, runtime_{runtime} {}

  asio::awaitable<net::Response> list() {
    json::array names;
    for (const auto& name : accounts_.names()) names.push_back(json::value(name));
    co_return ok({{"users", std::move(names)}});
  }
  asio::awaitable<net::Response> add(net::Request request) {
    auto given = given_of(request);
    if (!given) co_return problem(given.error());
    auto adding = accounts_.add(std::move(given->first), std::move(given->second));
    const auto added = co_await std::move(adding);
    co_return added ? ok(nullptr) : problem(added.error());
  }
  asio::awaitable<net::Response> set_password(net::Request request) {
    auto given = given_of(request);
    if (!given) co_return problem(given.error());
    auto setting = accounts_.set_password(std::move(given->first), std::move(given->second));
    const auto set = co_await std::move(setting);
    co_return set ? ok(nullptr) : problem(set.error());
  }
  asio::awaitable<net::Response> setup_link() {
    const auto token = accounts_.open_setup();
    if (!token) co_return problem(token.error());
    co_return ok({{"link", runtime_.address() + "/setup#" + *token}});
  }

 private:
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
};

}  // namespace

void add_user_routes(Router& router, Accounts& accounts, RuntimeControl& runtime) {
  const auto routes = std::make_shared<UserRoutes>(accounts, runtime);
  const Router::Call<SignedIn> list = [routes](net::Request, SignedIn) { return routes->list(); };
  const Router::Call<SignedIn> add = [routes](net::Request r, SignedIn) {
    return routes->add(std::move(r));
  };
  const Router::Call<SignedIn> passwd = [routes](net::Request r, SignedIn) {
    return routes->set_password(std::move(r));
  };
  const Router::Call<SignedIn> link = [routes](net::Request, SignedIn) {
    return routes->setup_link();
  };
  router.add("GET", "/api/users", list);
  router.add("POST", "/api/users", add);
  router.add("POST", "/api/users/password", passwd);
  router.add("POST", "/api/users/setup-link", link);
}

}  // namespace orrery::web
