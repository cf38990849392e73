#include "chat/pipeline.h"

#include <algorithm>
#include <cctype>

#include "core/text.h"

namespace orrery::chat {

Pipeline::Pipeline(Environment environment, std::vector<std::unique_ptr<Stage>> stages)
    : environment_{std::move(environment)},
      stages_{std::move(stages)},
      scope_{"pipeline", environment_.strand.executor, environment_.clock,
             [this](const std::string& task, const std::exception_ptr& fault) {
               environment_.journal.write(Level::error, "chat", "a message's task threw",
                                          {{"task", task}, {"reason", async::describe(fault)}});
             }} {}

namespace {

// Who shows as busy while the message is worked on. Only what can be a command's name is shown:
// letters and digits after a sign, so never what somebody said.
std::string label_of(const Message& message) {
  const auto word = std::string_view{message.text}.substr(0, message.text.find_first_of(" \t\r\n"));
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  };
  const bool command = word.size() >= 2 && word.size() <= 17 &&
                       std::ispunct(static_cast<unsigned char>(word[0])) != 0 &&
                       std::ranges::all_of(word.substr(1), plain);
  if (!command) return "a message on " + message.platform;
  return fmt::format("message '{}' on {}", word, message.platform);
}

}  // namespace

Result<> Pipeline::post(Message message, std::shared_ptr<Outlet> outlet) {
  if (gate_.inside() >= in_flight_limit) {
    Error busy{ErrorKind::limited, "too many messages are being worked on"};
    return fail(std::move(busy).retry_after(std::chrono::seconds{1}));
  }
  auto pass = gate_.enter();
  if (!pass) return fail(ErrorKind::unavailable, "no more messages are taken");
  message.text = as_utf8(message.text);  // platforms give what people give them
  message.author.name = as_utf8(message.author.name);
  message.author.standing = environment_.owners.standing_of(message.author);
  const auto label = label_of(message);
  auto exchange = std::make_shared<Exchange>(
      Exchange{.message = std::move(message),
               .outlet = std::move(outlet),
               .deadline = environment_.clock.now() + environment_.budget,
               .token = scope_.token()});
  auto held = std::make_shared<async::Gate::Pass>(std::move(*pass));
  scope_.spawn(label, environment_.strand.labelled(label),
               run(std::move(exchange), std::move(held)));
  return {};
}

asio::awaitable<void> Pipeline::run(std::shared_ptr<Exchange> exchange,
                                    std::shared_ptr<async::Gate::Pass> pass) {
  auto deciding = decide(exchange);
  const auto how = co_await std::move(deciding);
  exchange->outlet->handled(exchange->message, how);
  if (environment_.handled != nullptr) ++*environment_.handled;
  pass.reset();
}

asio::awaitable<Handled> Pipeline::decide(std::shared_ptr<Exchange> exchange) {
  try {
    for (const auto& stage : stages_) {
      auto taking = stage->take(exchange);
      const auto verdict = co_await std::move(taking);
      if (verdict) co_return *verdict;
    }
    co_return Handled::ignored;
  } catch (...) {
    environment_.journal.write(Level::error, "chat", "a stage threw",
                               {{"platform", exchange->message.platform},
                                {"reason", async::describe(std::current_exception())}});
    co_return Handled::failed;
  }
}

asio::awaitable<async::WaitEnd> Pipeline::drain(TimePoint deadline, async::StopToken token) {
  gate_.close();
  co_return co_await gate_.wait_empty(environment_.clock, deadline, std::move(token));
}

asio::awaitable<void> Pipeline::stop() {
  gate_.close();
  scope_.request_stop(async::StopReason::shutdown);
  co_await scope_.join(async::never);
}

}  // namespace orrery::chat
