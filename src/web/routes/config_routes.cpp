#include <boost/json.hpp>

#include "config/editor.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

json::array to_json(const std::vector<config::Fault>& faults) {
  json::array list;
  for (const auto& fault : faults) {
    list.push_back({{"where", fault.where},
                    {"what", fault.what},
                    {"line", static_cast<std::int64_t>(fault.line)}});
  }
  return list;
}

json::object to_json(const config::Verdict& verdict) {
  json::array changes;
  for (const auto& change : verdict.changes)
    changes.push_back({{"key", change.key}, {"before", change.before}, {"after", change.after}});
  return {{"faults", to_json(verdict.faults)}, {"changes", std::move(changes)}};
}

// A value of JSON in TOML's notation.
Result<std::string> toml_of(const json::value& value) {
  if (value.is_bool()) return std::string{value.as_bool() ? "true" : "false"};
  if (value.is_int64()) return std::to_string(value.as_int64());
  if (value.is_string()) return json::serialize(value);  // a basic string is written the same way
  if (!value.is_array())
    return fail(ErrorKind::invalid, "a value is a text, a number, true, false or a list");
  std::string list = "[";
  for (const auto& item : value.as_array()) {
    if (!item.is_string()) return fail(ErrorKind::invalid, "a list holds texts");
    if (list.size() > 1) list += ", ";
    list += json::serialize(item);
  }
  return list + "]";
}

class ConfigRoutes {
 public:
  explicit ConfigRoutes(RuntimeControl& runtime)
      : runtime_{runtime}, editor_{runtime.configuration()} {}

  asio::awaitable<net::Response> show() {
    const auto document = editor_.open();
    if (!document) co_return problem(document.error());
    const auto loaded = runtime_.configuration().current();
    json::array keys;
    for (const auto& key : config::schema()) keys.push_back(key_json(key, *loaded));
    co_return ok({{"path", document->path},
                  {"exists", document->exists},
                  {"text", document->text},
                  {"version", document->version},
                  {"keys", std::move(keys)}});
  }

  asio::awaitable<net::Response> check(net::Request request) {
    const auto text = text_of(request);
    const auto verdict = text ? editor_.check(*text) : Result<config::Verdict>{fail(text.error())};
    co_return verdict ? ok(to_json(*verdict)) : problem(verdict.error());
  }

  // {"text", "key", "value"}: the text with the key set; a null value takes it out.
  asio::awaitable<net::Response> edit(net::Request request) {
    const auto body = object_of(request);
    if (!body) co_return problem(body.error());
    const auto text = field_of(*body, "text");
    const auto key = field_of(*body, "key");
    if (!text || !key) co_return problem(422, "send text, key and value");
    const auto* given = body->if_contains("value");
    std::optional<std::string> value;
    if (given != nullptr && !given->is_null()) {
      auto written = toml_of(*given);
      if (!written) co_return problem(written.error());
      value = std::move(*written);
    }
    auto edited = editor_.with(*text, *key, value);
    if (!edited) co_return problem(edited.error());
    const auto verdict = editor_.check(*edited);
    if (!verdict) co_return problem(verdict.error());
    auto data = to_json(*verdict);
    data["text"] = *edited;
    co_return ok(std::move(data));
  }

  asio::awaitable<net::Response> save(net::Request request) {
    const auto body = object_of(request);
    if (!body) co_return problem(body.error());
    const auto text = field_of(*body, "text");
    const auto version = field_of(*body, "version");
    if (!text || !version) co_return problem(422, "send text, and the version that was edited");
    if (const auto saved = editor_.save(*text, *version); !saved) co_return problem(saved.error());
    auto showing = show();
    co_return co_await std::move(showing);
  }

 private:
  static Result<std::string> text_of(const net::Request& request) {
    const auto body = object_of(request);
    if (!body) return fail(body.error());
    return field_of(*body, "text");
  }

  static json::object key_json(const config::Key& key, const config::Loaded& loaded) {
    const auto origin = loaded.origin.find(key.name);
    json::array choices;
    for (const auto& choice : key.choices) choices.push_back(json::value(choice));
    return {
        {"name", key.name},
        {"kind", config::name_of(key.kind)},
        {"doc", key.doc},
        {"default", key.fallback},
        {"choices", std::move(choices)},
        {"secret", key.secret},
        {"value", loaded.shown.at(key.name)},
        {"origin", origin == loaded.origin.end() ? json::value{} : json::value(origin->second)}};
  }

  RuntimeControl& runtime_;
  config::Editor editor_;
};

}  // namespace

void add_config_routes(Router& router, RuntimeControl& runtime) {
  const auto routes = std::make_shared<ConfigRoutes>(runtime);
  const Router::Call<SignedIn> show = [routes](net::Request, SignedIn) { return routes->show(); };
  const Router::Call<SignedIn> check = [routes](net::Request r, SignedIn) {
    return routes->check(std::move(r));
  };
  const Router::Call<SignedIn> edit = [routes](net::Request r, SignedIn) {
    return routes->edit(std::move(r));
  };
  const Router::Call<SignedIn> save = [routes](net::Request r, SignedIn) {
    return routes->save(std::move(r));
  };
  router.add("GET", "/api/config", show, Scope::manage);
  router.add("PUT", "/api/config", save);
  router.add("POST", "/api/config/check", check);
  router.add("POST", "/api/config/edit", edit);
}

}  // namespace orrery::web
