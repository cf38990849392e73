#include <boost/json.hpp>

#include "core/text.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

// `?topics=status,log`; without it, the status.
Result<std::set<Topic>> topics_of(const net::Request& request) {
  std::set<Topic> topics;
  const auto wanted = request.parameter("topics").value_or("status");
  for (const auto name : split(wanted, ',')) {
    const auto topic = topic_named(trim(name));
    if (!topic) return fail(ErrorKind::invalid, "topics are status, numbers and log");
    topics.insert(*topic);
  }
  return topics;
}

// Ends with the server, or with the session or key it was opened with.
asio::awaitable<void> follow(Live* live, Live::Wish wish, async::StopToken server,
                             std::shared_ptr<net::BodyWriter> writer) {
  const auto source = std::make_shared<async::StopSource>();
  const auto end = [source] { source->request_stop(async::StopReason::finished); };
  const auto server_stops = server.subscribe(end);
  const auto session_ends = wish.session.subscribe(end);
  auto streaming = live->stream(std::move(wish), std::move(writer), source->token());
  co_await std::move(streaming);
}

}  // namespace

void add_live_routes(Router& router, Live& live, const Authenticator& accounts) {
  const auto events = [](Live* hub, const Authenticator* who_may, net::Request request,
                         SignedIn in) -> asio::awaitable<net::Response> {
    auto topics = topics_of(request);
    if (!topics) co_return problem(topics.error());
    auto last = std::string{request.header("last-event-id")};
    if (last.empty()) last = request.parameter("after").value_or("");
    Live::Wish wish{.topics = std::move(*topics),
                    .last_id = std::move(last),
                    .session = who_may->ending(in.who())};
    net::Response response{.content_type = "text/event-stream; charset=utf-8",
                           .body = {},
                           .headers = {{"X-Accel-Buffering", "no"}}};
    response.stream = [hub, wish = std::move(wish),
                       server = request.token](std::shared_ptr<net::BodyWriter> writer) {
      return follow(hub, wish, server, std::move(writer));
    };
    co_return response;
  };
  const Router::Call<SignedIn> call = [events, &live, &accounts](net::Request r, SignedIn in) {
    return events(&live, &accounts, std::move(r), std::move(in));
  };
  router.add("GET", "/api/runtime/events", call);
}

}  // namespace orrery::web
