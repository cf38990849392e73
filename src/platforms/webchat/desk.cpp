#include "platforms/webchat/desk.h"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

namespace orrery::platforms::webchat {

namespace json = boost::json;
using namespace std::chrono_literals;
using chat::Line;

namespace {

// Takes the pipeline's answers back to the desk; outlives the desk's windows.
class DeskOutlet final : public chat::Outlet {
 public:
  DeskOutlet(std::shared_ptr<Desk> desk, asio::any_io_executor control)
      : desk_{std::move(desk)}, control_{std::move(control)} {}

  void reply(const chat::Message& to, std::string text) override {
    asio::post(control_, [desk = desk_, to, text = std::move(text)]() mutable {
      desk->reply(to, std::move(text));
    });
  }
  void handled(const chat::Message& message, chat::Handled how) override {
    asio::post(control_, [desk = desk_, message, how] { desk->handled(message, how); });
  }

 private:
  std::shared_ptr<Desk> desk_;
  asio::any_io_executor control_;
};

json::object to_json(const Line& line) {
  json::object object{
      {"number", line.number}, {"conversation", line.conversation},
      {"id", line.id},         {"author", line.by == Line::By::visitor ? "you" : "bot"},
      {"text", line.text},     {"at", line.at.time_since_epoch().count()}};
  if (!line.outcome.empty()) object["delivery"] = line.outcome;
  return object;
}

std::string said_event(const Line& line) {
  auto object = to_json(line);
  object["type"] = "said";
  return json::serialize(object);
}

std::string error_event(const std::string& id, const std::string& why) {
  return json::serialize(json::object{{"type", "error"}, {"id", id}, {"message", why}});
}

}  // namespace

chat::Transcript::Patience Desk::patience() const {
  return {environment_.clock.now() + 5s, environment_.scope.token()};
}

void Desk::tell_all(const std::string& text) const {
  for (const auto& window : windows_) window->send(text);
}

void Desk::end() {
  ended_ = true;
  queue_.clear();
  windows_.clear();
}

void Desk::open(Window window, std::int64_t after) {
  if (queue_.size() >= queue_limit) return window->close(1008, "too much at once");
  push(Opening{std::move(window), after});
}

void Desk::say(Window window, Said said) {
  if (admits(window, said.id)) push(Saying{std::move(window), std::move(said)});
}

void Desk::forget(Window window, std::string conversation) {
  if (admits(window, "")) push(Forgetting{std::move(conversation)});
}

void Desk::reply(chat::Message to, std::string text) {
  push(Replying{std::move(to.channel), std::move(to.id), std::move(text)});
}

void Desk::handled(chat::Message message, chat::Handled how) {
  push(Settling{std::move(message.id), how});
}

bool Desk::admits(const Window& window, const std::string& id) {
  if (queue_.size() + in_flight_.size() < queue_limit) return true;
  window->send(error_event(id, "wait for the answers to what you said before"));
  return false;
}

void Desk::push(Step step) {
  if (ended_) return;
  queue_.push_back(std::move(step));
  if (std::exchange(working_, true)) return;
  environment_.scope.spawn("desk of " + visitor_.name, work(shared_from_this()));
}

asio::awaitable<void> Desk::work(std::shared_ptr<Desk> self) {
  while (!self->queue_.empty()) {
    auto step = std::move(self->queue_.front());
    self->queue_.pop_front();
    auto taking = std::visit([&](auto& one) { return self->take(std::move(one)); }, step);
    co_await std::move(taking);
  }
  self->working_ = false;
}

asio::awaitable<void> Desk::take(Opening step) {
  auto& transcript = environment_.transcript;
  auto reading = transcript.since(visitor_.id, step.after, history_limit, patience());
  auto lines = co_await std::move(reading);
  bool whole = step.after == 0;
  if (lines && lines->empty() && step.after > 0) {
    // Nothing after it: or the numbers have begun anew, and it stands for nothing.
    auto asking = transcript.since(visitor_.id, step.after - 1, 1, patience());
    const auto known = co_await std::move(asking);
    const bool unknown = known && (known->empty() || known->front().number != step.after);
    if (unknown) {
      auto again = transcript.since(visitor_.id, 0, history_limit, patience());
      lines = co_await std::move(again);
      whole = true;
    }
  }
  // The window comes again by itself, and asks again.
  if (!lines) co_return step.window->close(1011, "the transcript cannot be read");
  json::array messages;
  for (const auto& line : *lines) messages.push_back(to_json(line));
  const bool there =
      step.window->send(json::serialize(json::object{{"type", "history"},
                                                     {"messages", std::move(messages)},
                                                     {"kept", environment_.kept},
                                                     {"whole", whole}}));
  if (there) windows_.insert(step.window);
}

asio::awaitable<void> Desk::take(Saying step) {
  Line line{.number = 0,
            .conversation = step.said.conversation,
            .id = step.said.id,
            .by = Line::By::visitor,
            .text = step.said.text,
            .at = wall_now(),
            .outcome = {}};
  auto adding = environment_.transcript.add(visitor_.id, line, patience());
  const auto number = co_await std::move(adding);
  if (number) {
    line.number = *number;
    tell_all(said_event(line));
    hand_on(std::move(step.said));
    co_return;
  }
  if (number.error().kind() != ErrorKind::conflict) {
    step.window->send(error_event(step.said.id, number.error().text()));
    co_return;
  }
  // Sent again after a break: it counted the first time, and everything about it was told by the
  // history this window has asked for.
}

void Desk::hand_on(Said said) {
  const auto id = said.id;
  chat::Message message{.id = std::move(said.id),
                        .platform = "webchat",
                        .guild = "webchat",
                        .channel = std::move(said.conversation),
                        .author = {visitor_.id, visitor_.name, visitor_.standing},
                        .text = std::move(said.text),
                        .self = bot_name,
                        .directory = &environment_.visitors};
  auto outlet = std::make_shared<DeskOutlet>(shared_from_this(), environment_.control);
  in_flight_[id] = {.conversation = message.channel};
  if (auto posted = environment_.pipeline.post(std::move(message), std::move(outlet)); !posted) {
    push(Settling{id, chat::Handled::failed});
  }
}

asio::awaitable<void> Desk::take(Forgetting step) {
  auto forgetting = environment_.transcript.forget(visitor_.id, step.conversation, patience());
  const auto forgotten = co_await std::move(forgetting);
  if (!forgotten) co_return tell_all(error_event("", forgotten.error().text()));
  for (auto& [id, flight] : in_flight_) {
    if (flight.conversation == step.conversation) flight.forgotten = true;
  }
  tell_all(json::serialize(
      json::object{{"type", "deleted"}, {"conversation", std::move(step.conversation)}}));
}

asio::awaitable<void> Desk::take(Replying step) {
  if (const auto flight = in_flight_.find(step.id);
      flight != in_flight_.end() && flight->second.forgotten)
    co_return;
  Line line{.number = 0,
            .conversation = std::move(step.conversation),
            .id = std::move(step.id),
            .by = Line::By::bot,
            .text = std::move(step.text),
            .at = wall_now(),
            .outcome = {}};
  auto adding = environment_.transcript.add(visitor_.id, line, patience());
  const auto number = co_await std::move(adding);
  line.number = number ? *number : 0;  // what cannot be kept is said all the same
  tell_all(said_event(line));
}

asio::awaitable<void> Desk::take(Settling step) {
  in_flight_.erase(step.id);
  const std::string outcome{chat::name_of(step.how)};
  auto settling = environment_.transcript.settle(visitor_.id, step.id, outcome, patience());
  [[maybe_unused]] const auto settled = co_await std::move(settling);
  tell_all(json::serialize(
      json::object{{"type", "handled"}, {"id", std::move(step.id)}, {"outcome", outcome}}));
}

}  // namespace orrery::platforms::webchat
