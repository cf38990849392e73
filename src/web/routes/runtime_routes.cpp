#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"
#include "web/status_json.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

#ifndef ORRERY_VERSION
#error "the build names the version"
#endif

// `?wait=SECONDS`, at most ten minutes; nothing: answer at once.
std::optional<Duration> patience_of(const net::Request& request) {
  const auto text = request.parameter("wait");
  if (!text) return std::nullopt;
  int seconds = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (code != std::errc{} || end != text->data() + text->size()) return 60s;
  return std::chrono::seconds{std::clamp(seconds, 0, 600)};
}

class RuntimeRoutes {
 public:
  explicit RuntimeRoutes(RuntimeControl& runtime) : runtime_{&runtime} {}

  asio::awaitable<net::Response> status(net::Request, SignedIn) const {
    co_return ok(status_json(*runtime_));
  }
  asio::awaitable<net::Response> graph(net::Request, SignedIn) const {
    co_return ok(graph_json(*runtime_));
  }

  asio::awaitable<net::Response> timeline(net::Request request, SignedIn) const {
    if (request.parameter("format") != "trace") co_return ok(timeline_json(*runtime_));
    co_return net::Response{
        .status = 200,
        .content_type = "application/json",
        .body = json::serialize(trace_json(*runtime_)),
        .headers = {{"Content-Disposition", "attachment; filename=orrery-start.json"}}};
  }

  asio::awaitable<net::Response> start_time(net::Request, Public) const {
    const auto s = runtime_->snapshot();
    const auto ready = runtime_->ready_time();
    co_return ok({{"start_time", iso8601(runtime_->start_time())},
                  {"ready_time", ready ? json::value(iso8601(*ready)) : json::value{}},
                  {"state", lifecycle::public_state(s->state)},
                  {"ready", s->ready},
                  {"failed", lifecycle::is_failed(s->state)}});
  }

  asio::awaitable<net::Response> version(net::Request, Public) const {
    co_return ok({{"name", "orrery"}, {"version", ORRERY_VERSION}});
  }

  // {"safe_mode":true} leaves the plugins out, this once.
  asio::awaitable<net::Response> retry(net::Request request, SignedIn) const {
    const auto body = body_of(request);
    if (!body) co_return problem(body.error());
    const auto mode = is_set(*body, "safe_mode") ? SafeMode::once : SafeMode::off;
    auto outcome = report(std::move(request), runtime_->retry(mode));
    co_return co_await std::move(outcome);
  }

  // {"component":"NAME"} restarts one component with what stands on it, {"in_place":true} the whole
  // program; no body: the runtime.
  asio::awaitable<net::Response> restart(net::Request request, SignedIn) const {
    const auto body = body_of(request);
    if (!body) co_return problem(body.error());
    if (is_set(*body, "in_place")) {
      auto replacing = runtime_->restart_in_place(request.token);
      const auto begun = co_await std::move(replacing);
      co_return begun ? ok(status_json(*runtime_), 202) : problem(begun.error());
    }
    std::optional<std::string> component;
    if (body->contains("component")) {
      auto name = field_of(*body, "component");
      if (!name) co_return problem(name.error());
      component = std::move(*name);
    }
    auto outcome = report(std::move(request), runtime_->restart(std::move(component)));
    co_return co_await std::move(outcome);
  }

  asio::awaitable<net::Response> shutdown(net::Request, SignedIn) const {
    runtime_->shutdown();
    co_return ok(status_json(*runtime_), 202);
  }

 private:
  static Result<json::object> body_of(const net::Request& request) {
    return request.body.empty() ? Result<json::object>{json::object{}} : object_of(request);
  }
  static bool is_set(const json::object& body, std::string_view name) {
    const auto* value = body.if_contains(name);
    return value != nullptr && value->is_bool() && value->as_bool();
  }

  asio::awaitable<net::Response> report(net::Request request, Result<> accepted) const {
    if (!accepted) co_return problem(accepted.error());
    const auto patience = patience_of(request);
    if (!patience) co_return ok(status_json(*runtime_), runtime_->ready() ? 200 : 202);
    auto waiting =
        runtime_->wait_settled(std::chrono::steady_clock::now() + *patience, request.token);
    const auto settled = co_await std::move(waiting);
    if (!settled) co_return problem(settled.error());
    auto response = ok(status_json(*runtime_));
    if (*settled != lifecycle::Settled::ready) {
      const auto s = runtime_->snapshot();
      Error failed{ErrorKind::unavailable, lifecycle::failure_text(*s)};
      response = problem(std::move(failed).remedy(s->failure.remedy));
    }
    co_return response;
  }

  RuntimeControl* runtime_;
};

asio::awaitable<net::Response> list(std::string name, json::array items) {
  co_return ok(json::object{{name, std::move(items)}});
}

template <class Pass>
Router::Call<Pass> bind(const RuntimeRoutes& routes,
                        asio::awaitable<net::Response> (RuntimeRoutes::*handler)(net::Request, Pass)
                            const) {
  // A copy that the router owns; the coroutine refers to it while the router lives.
  const auto shared = std::make_shared<const RuntimeRoutes>(routes);
  return [shared, handler](net::Request request, Pass pass) {
    return ((*shared).*handler)(std::move(request), std::move(pass));
  };
}

}  // namespace

void add_runtime_routes(Router& router, RuntimeControl& runtime, const Starts& starts,
                        const History& history) {
  const RuntimeRoutes routes{runtime};
  const Router::Call<SignedIn> earlier = [&starts](net::Request, SignedIn) {
    return list("starts", starts.all());
  };
  const Router::Call<SignedIn> numbers = [&history](net::Request, SignedIn) {
    json::array all;
    for (const auto& one : history.all()) all.push_back(to_json(one));
    return list("numbers", std::move(all));
  };
  router.add("GET", "/api/runtime/starts", earlier);
  router.add("GET", "/api/runtime/numbers", numbers);
  router.add("GET", "/api/stat/runtime-status", bind(routes, &RuntimeRoutes::status));
  router.add("GET", "/api/stat/start-time", bind(routes, &RuntimeRoutes::start_time));
  router.add("GET", "/api/stat/version", bind(routes, &RuntimeRoutes::version));
  router.add("GET", "/api/runtime/graph", bind(routes, &RuntimeRoutes::graph));
  router.add("GET", "/api/runtime/timeline", bind(routes, &RuntimeRoutes::timeline));
  router.add("POST", "/api/runtime/retry", bind(routes, &RuntimeRoutes::retry), Scope::operate);
  router.add("POST", "/api/runtime/restart", bind(routes, &RuntimeRoutes::restart), Scope::operate);
  router.add("POST", "/api/runtime/shutdown", bind(routes, &RuntimeRoutes::shutdown),
             Scope::operate);
}

}  // namespace orrery::web
