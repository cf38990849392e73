#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

json::array names_of(const std::set<Scope>& scopes) {
  json::array names;
  for (const auto scope : scopes) names.emplace_back(name_of(scope));
  return names;
}

Result<std::set<Scope>> scopes_of(const json::object& body) {
  const auto* list = body.if_contains("scopes");
  if (list == nullptr || !list->is_array())
    return fail(ErrorKind::invalid, "the field 'scopes' must be a list");
  std::set<Scope> scopes;
  for (const auto& name : list->as_array()) {
    const auto scope = name.is_string() ? scope_named(name.as_string()) : std::nullopt;
    if (!scope) return fail(ErrorKind::invalid, "scopes are read, chat, operate and manage");
    scopes.insert(*scope);
  }
  return scopes;
}

// {"expires_days": N}; without it the key does not expire.
Result<std::optional<WallTime>> expiry_of(const json::object& body) {
  const auto* days = body.if_contains("expires_days");
  if (days == nullptr || days->is_null()) return std::optional<WallTime>{};
  if (!days->is_int64() || days->as_int64() < 1 || days->as_int64() > 3650)
    return fail(ErrorKind::invalid, "a key expires after 1 to 3650 days, or never");
  return std::optional<WallTime>{wall_now() + std::chrono::hours{24 * days->as_int64()}};
}

class KeyRoutes {
 public:
  explicit KeyRoutes(Accounts& accounts) : accounts_{accounts} {}

  asio::awaitable<net::Response> list() {
    json::array keys;
    for (const auto& [id, key] : accounts_.keys()) {
      keys.push_back(
          {{"id", id},
           {"name", key.name},
           {"user", key.user},
           {"scopes", names_of(key.scopes)},
           {"begun", iso8601(key.begun)},
           {"expires", key.expires ? json::value(iso8601(*key.expires)) : json::value{}}});
    }
    co_return ok({{"keys", std::move(keys)}});
  }

  asio::awaitable<net::Response> make(net::Request request, SignedIn in) {
    // Else a key could give itself more than it was given.
    if (in.who().via == Principal::Via::api_key)
      co_return problem(403, "only who has signed in may make a key");
    const auto body = object_of(request);
    if (!body) co_return problem(body.error());
    auto name = field_of(*body, "name");
    if (!name) co_return problem(name.error());
    auto scopes = scopes_of(*body);
    if (!scopes) co_return problem(scopes.error());
    const auto expires = expiry_of(*body);
    if (!expires) co_return problem(expires.error());
    auto made = accounts_.make_key({.name = std::move(*name),
                                    .user = in.who().name,
                                    .scopes = std::move(*scopes),
                                    .begun = {},
                                    .expires = *expires});
    co_return made ? ok({{"key", *made}}) : problem(made.error());
  }

  asio::awaitable<net::Response> revoke(net::Request request) {
    const auto body = object_of(request);
    if (!body) co_return problem(body.error());
    const auto id = field_of(*body, "id");
    const auto revoked = id ? accounts_.revoke_key(*id) : Result<>{fail(id.error())};
    co_return revoked ? ok(nullptr) : problem(revoked.error());
  }

 private:
  Accounts& accounts_;
};

}  // namespace

void add_key_routes(Router& router, Accounts& accounts) {
  const auto routes = std::make_shared<KeyRoutes>(accounts);
  const Router::Call<SignedIn> list = [routes](net::Request, SignedIn) { return routes->list(); };
  const Router::Call<SignedIn> make = [routes](net::Request r, SignedIn in) {
    return routes->make(std::move(r), std::move(in));
  };
  const Router::Call<SignedIn> revoke = [routes](net::Request r, SignedIn) {
    return routes->revoke(std::move(r));
  };
  router.add("GET", "/api/keys", list, Scope::manage);
  router.add("POST", "/api/keys", make);
  router.add("POST", "/api/keys/revoke", revoke);
}

}  // namespace orrery::web
