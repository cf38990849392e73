#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

asio::awaitable<net::Response> show(RuntimeControl* runtime) {
  co_return ok({{"level", name_of(runtime->log_level())}});
}

asio::awaitable<net::Response> change(RuntimeControl* runtime, net::Request request) {
  const auto body = object_of(request);
  if (!body) co_return problem(body.error());
  const auto name = field_of(*body, "level");
  if (!name) co_return problem(name.error());
  for (const auto level : {Level::debug, Level::info, Level::warn, Level::error}) {
    if (name_of(level) != *name) continue;
    runtime->set_log_level(level);
    co_return ok({{"level", *name}});
  }
  co_return problem(422, "a level is one of debug, info, warn, error");
}

}  // namespace

void add_log_routes(Router& router, RuntimeControl& runtime, const observe::LogTail& tail) {
  const auto lines = [](const observe::LogTail* log) -> asio::awaitable<net::Response> {
    net::Response response{
        .content_type = "application/x-ndjson; charset=utf-8", .body = {}, .headers = {}};
    for (const auto& line : log->last(std::size_t(-1)).lines)
      response.body.append(*line).append("\n");
    co_return response;
  };
  const Router::Call<SignedIn> all = [lines, &tail](net::Request, SignedIn) {
    return lines(&tail);
  };
  router.add("GET", "/api/log/lines", all);
  const Router::Call<SignedIn> get = [&runtime](net::Request, SignedIn) { return show(&runtime); };
  const Router::Call<SignedIn> put = [&runtime](net::Request r, SignedIn) {
    return change(&runtime, std::move(r));
  };
  router.add("GET", "/api/log/level", get);
  router.add("PUT", "/api/log/level", put, Scope::operate);
}

}  // namespace orrery::web
