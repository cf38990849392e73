#include "platforms/webchat/web_chat.h"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include "core/text.h"

namespace orrery::platforms::webchat {

namespace json = boost::json;

struct WebChat::Session {
  Visitor visitor;
  std::shared_ptr<net::WebSocket> socket;
  std::shared_ptr<Desk> desk;  // once it has asked for one
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

// What a message that cannot be taken calls itself, so that its sender knows which it was.
json::value id_in(const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* id = object == nullptr ? nullptr : object->if_contains("id");
  return id != nullptr && id->is_string() ? *id : json::value{};
}

}  // namespace

// What a client has sent.
struct WebChat::Wish {
  enum class Kind { message, open, forget };
  Kind kind = Kind::message;
  Desk::Said said;
  std::int64_t after = 0;
};

Result<WebChat::Wish> WebChat::parse(const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(ErrorKind::invalid, "send a JSON object");
  const auto field = [&](std::string_view name) -> const json::string* {
    const auto* found = object->if_contains(name);
    return found == nullptr ? nullptr : found->if_string();
  };
  const auto* type = field("type");
  const auto* conversation = field("conversation");
  if (conversation != nullptr && (conversation->empty() || conversation->size() > id_limit))
    return fail(ErrorKind::invalid, "a conversation has a name of 1 to 128 bytes");
  const auto named = conversation == nullptr ? std::string{"main"} : std::string{*conversation};
  if (type != nullptr && *type == "open") {
    const auto* after = object->if_contains("after");
    return Wish{
        Wish::Kind::open, {}, after != nullptr && after->is_int64() ? after->as_int64() : 0};
  }
  if (type != nullptr && *type == "delete") return Wish{Wish::Kind::forget, {"", named, ""}, 0};
  const auto* id = field("id");
  const auto* said = field("text");
  if (type == nullptr || *type != "message" || id == nullptr || said == nullptr) {
    return fail(ErrorKind::invalid, R"(send {{"type":"message","id":"…","text":"…"}})");
  }
  if (id->empty() || id->size() > id_limit)
    return fail(ErrorKind::invalid, "an id has 1 to 128 bytes");
  if (said->size() > text_limit)
    return fail(ErrorKind::limited, "a message has at most 4000 bytes");
  if (!is_utf8(*said) || !is_utf8(*id) || !is_utf8(named))
    return fail(ErrorKind::invalid, "a message is valid UTF-8");
  return Wish{Wish::Kind::message, {std::string{*id}, named, std::string{*said}}, 0};
}

WebChat::WebChat(chat::Pipeline& pipeline, chat::Transcript* kept, Visitors& visitors,
                 asio::any_io_executor control, async::Clock& clock, Journal& journal)
    : pipeline_{pipeline},
      control_{std::move(control)},
      clock_{clock},
      visitors_{visitors},
      work_{"webchat", control_, clock,
            [&journal](const std::string& task, const std::exception_ptr& fault) {
              journal.write(Level::error, "webchat", "a task threw",
                            {{"task", task}, {"reason", async::describe(fault)}});
            }},
      desk_environment_{pipeline_,
                        kept == nullptr ? memory_ : *kept,
                        kept != nullptr,
                        visitors_,
                        control_,
                        clock_,
                        work_} {}

asio::awaitable<void> WebChat::converse(Visitor visitor, std::shared_ptr<net::WebSocket> socket) {
  const auto pass = sessions_.enter();
  if (!pass) {
    socket->close(1013, "the runtime is not ready");
    co_return;
  }
  visitors_.came(visitor);
  auto session = std::make_shared<Session>(
      Session{.visitor = std::move(visitor), .socket = socket, .desk = {}});
  sockets_.insert(socket);
  while (true) {
    auto reading = socket->read();
    const auto text = co_await std::move(reading);
    if (!text) break;
    take(session, *text);
  }
  session->over = true;
  if (session->desk) session->desk->close(socket);
  sockets_.erase(socket);
}

void WebChat::take(const std::shared_ptr<Session>& session, const std::string& text) {
  auto wish = parse(text);
  if (!wish) {
    return session->send(
        {{"type", "error"}, {"id", id_in(text)}, {"message", wish.error().text()}});
  }
  if (wish->kind == Wish::Kind::open) session->desk = desk_of(session->visitor);
  if (session->desk) return take_to_desk(session, std::move(*wish));
  answer(session, std::move(*wish));
}

void WebChat::take_to_desk(const std::shared_ptr<Session>& session, Wish wish) {
  switch (wish.kind) {
    case Wish::Kind::open:
      return session->desk->open(session->socket, wish.after);
    case Wish::Kind::forget:
      return session->desk->forget(session->socket, std::move(wish.said.conversation));
    case Wish::Kind::message:
      if (!refusing_) return session->desk->say(session->socket, std::move(wish.said));
      // Not an error: the window keeps it, and sends it to the next incarnation.
      return;
  }
}

std::shared_ptr<Desk> WebChat::desk_of(const Visitor& visitor) {
  std::erase_if(desks_, [](const auto& entry) { return entry.second->idle(); });
  auto& desk = desks_[visitor.id];
  if (!desk) desk = std::make_shared<Desk>(visitor, desk_environment_);
  return desk;
}

void WebChat::answer(const std::shared_ptr<Session>& session, Wish wish) {
  const auto refuse = [&](const std::string& why) {
    session->send({{"type", "error"}, {"id", wish.said.id}, {"message", why}});
  };
  if (refusing_) return refuse("the bot is about to stop");
  if (session->in_flight >= in_flight_limit)
    return refuse("wait for the answers to what you said before");
  chat::Message message{
      .id = wish.said.id,
      .platform = "webchat",
      .guild = "webchat",
      .channel = session->visitor.id,
      .author = {session->visitor.id, session->visitor.name, session->visitor.standing},
      .text = std::move(wish.said.text),
      .self = bot_name,
      .directory = &visitors_};
  auto outlet = std::make_shared<SessionOutlet<Session>>(session, control_);
  ++session->in_flight;
  if (auto posted = pipeline_.post(std::move(message), std::move(outlet)); !posted) {
    --session->in_flight;
    refuse(posted.error().text());
  }
}

// Until what was said is written down, or until the token says that there is no time.
asio::awaitable<void> WebChat::settle_desks(async::StopToken token) {
  const auto busy = [this] {
    return std::ranges::any_of(desks_, [](const auto& entry) { return !entry.second->written(); });
  };
  while (busy() && !token.requested()) {
    auto pause = async::sleep_until(clock_, clock_.now() + std::chrono::milliseconds{2}, token);
    co_await std::move(pause);
  }
  work_.request_stop(async::StopReason::shutdown);
  auto ending = work_.join(async::never);
  co_await std::move(ending);
  for (const auto& [id, desk] : desks_) desk->end();
}

asio::awaitable<void> WebChat::close(async::StopToken token) {
  sessions_.close();
  auto settling = settle_desks(token);
  co_await std::move(settling);
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
