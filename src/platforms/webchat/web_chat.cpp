#include "platforms/webchat/web_chat.h"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include "core/text.h"

namespace orrery::platforms::webchat {

namespace json = boost::json;

struct WebChat::Session {
  Visitor visitor;
  std::shared_ptr<net::WebSocket> socket;
  std::size_t in_flight = 0;
  bool over = false;
  void send(const json::object& message) const {
    if (!over) socket->send(json::serialize(message));
  }
};

namespace {

// Answers to one session; outlives it if a command does.
template <class Session>
class SessionOutlet final : public chat::Outlet {
 public:
  SessionOutlet(std::shared_ptr<Session> session, asio::any_io_executor control)
      : session_{std::move(session)}, control_{std::move(control)} {}

  void reply(const chat::Message& to, std::string text) override {
    post({{"type", "reply"}, {"to", to.id}, {"text", std::move(text)}}, false);
  }
  void handled(const chat::Message& message, chat::Handled how) override {
    post({{"type", "handled"}, {"id", message.id}, {"outcome", chat::name_of(how)}}, true);
  }

 private:
  void post(json::object message, bool last) {
    asio::post(control_, [session = session_, message = std::move(message), last] {
      if (last) --session->in_flight;
      session->send(message);
    });
  }
  std::shared_ptr<Session> session_;
  asio::any_io_executor control_;
};

struct Said {
  std::string id;
  std::string text;
};

Result<Said> parse(const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(ErrorKind::invalid, "send a JSON object");
  const auto field = [&](std::string_view name) -> const json::string* {
    const auto* found = object->if_contains(name);
    return found == nullptr ? nullptr : found->if_string();
  };
  const auto* type = field("type");
  const auto* id = field("id");
  const auto* said = field("text");
  if (type == nullptr || *type != "message" || id == nullptr || said == nullptr) {
    return fail(ErrorKind::invalid, R"(send {{"type":"message","id":"…","text":"…"}})");
  }
  if (id->empty() || id->size() > WebChat::id_limit)
    return fail(ErrorKind::invalid, "an id has 1 to 128 bytes");
  if (said->size() > WebChat::text_limit)
    return fail(ErrorKind::limited, "a message has at most 4000 bytes");
  if (!is_utf8(*said) || !is_utf8(*id)) return fail(ErrorKind::invalid, "a message is valid UTF-8");
  return Said{std::string{*id}, std::string{*said}};
}

}  // namespace

asio::awaitable<void> WebChat::converse(Visitor visitor, std::shared_ptr<net::WebSocket> socket) {
  const auto pass = sessions_.enter();
  if (!pass) {
    socket->close(1013, "the runtime is not ready");
    co_return;
  }
  auto session =
      std::make_shared<Session>(Session{.visitor = std::move(visitor), .socket = socket});
  sockets_.insert(socket);
  while (true) {
    auto reading = socket->read();
    const auto text = co_await std::move(reading);
    if (!text) break;
    take(session, *text);
  }
  session->over = true;
  sockets_.erase(socket);
}

void WebChat::take(const std::shared_ptr<Session>& session, const std::string& text) {
  auto said = parse(text);
  if (!said)
    return session->send({{"type", "error"}, {"id", nullptr}, {"message", said.error().text()}});
  const auto refuse = [&](const std::string& why) {
    session->send({{"type", "error"}, {"id", said->id}, {"message", why}});
  };
  if (refusing_) return refuse("the bot is about to stop");
  if (session->in_flight >= in_flight_limit)
    return refuse("wait for the answers to what you said before");
  chat::Message message{
      .id = said->id,
      .platform = "webchat",
      .guild = "webchat",
      .channel = session->visitor.id,
      .author = {session->visitor.id, session->visitor.name, session->visitor.standing},
      .text = std::move(said->text)};
  auto outlet = std::make_shared<SessionOutlet<Session>>(session, control_);
  ++session->in_flight;
  if (auto posted = pipeline_.post(std::move(message), std::move(outlet)); !posted) {
    --session->in_flight;
    refuse(posted.error().text());
  }
}

asio::awaitable<void> WebChat::close(async::StopToken token) {
  sessions_.close();
  const auto open = sockets_;
  for (const auto& socket : open) socket->close(1013, "the runtime is not ready");
  auto leaving = sessions_.wait_empty(clock_, async::never, std::move(token));
  const auto end = co_await std::move(leaving);
  if (end == async::WaitEnd::done) co_return;
  for (const auto& socket : open) socket->cut();
  auto ending = sessions_.wait_empty(clock_, async::never, {});
  co_await std::move(ending);
}

}  // namespace orrery::platforms::webchat
