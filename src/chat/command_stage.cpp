#include "chat/command_stage.h"

#include "core/text.h"

namespace orrery::chat {
namespace {

std::string lower(std::string_view text) {
  std::string word{text};
  for (auto& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return word;
}

std::optional<Invocation> parse(const Exchange& exchange,
                                const std::vector<std::string>& prefixes) {
  const std::string_view text = trim(exchange.message.text);
  const auto rest = strip_prefix(text, prefixes);
  if (!rest) return std::nullopt;
  const auto words = *rest;
  const auto end = std::min(words.find_first_of(" \t\r\n"), words.size());
  // "! hello" and "!!!" are talk, not commands.
  const bool named = end > 0 && std::isalnum(static_cast<unsigned char>(words.front())) != 0;
  if (!named) return std::nullopt;
  return Invocation{.message = exchange.message,
                    .prefix = std::string{text.substr(0, text.size() - words.size())},
                    .command = lower(words.substr(0, end)),
                    .arguments = std::string{trim(words.substr(end))},
                    .deadline = exchange.deadline,
                    .token = exchange.token};
}

}  // namespace

std::string answer_of(const Error& error) {
  return error.remedy().empty() ? error.text() : error.text() + "\n" + error.remedy();
}

std::string CommandStage::unknown(const Invocation& invocation) const {
  const auto near = nearest(invocation.command, commands_.names());
  const auto shown = printable(std::string_view{invocation.command}.substr(0, 32));
  auto text = fmt::format("There is no command '{}'.", shown);
  if (near) text += fmt::format(" Did you mean {}{}?", invocation.prefix, *near);
  return text + fmt::format(" {}help lists all.", invocation.prefix);
}

asio::awaitable<Verdict> CommandStage::take(std::shared_ptr<Exchange> exchange) {
  auto invocation = parse(*exchange, prefixes_.of(exchange->message.guild));
  if (!invocation) co_return std::nullopt;
  const Command* command = commands_.find(invocation->command);
  if (command == nullptr) {
    exchange->outlet->reply(exchange->message, unknown(*invocation));
    co_return Handled::answered;
  }
  if (command->audience == Audience::owner &&
      exchange->message.author.standing != Standing::owner) {
    exchange->outlet->reply(exchange->message, fmt::format("Only the owner may use {}{}.",
                                                           invocation->prefix, command->name));
    co_return Handled::answered;
  }
  auto running = run(exchange, std::move(*invocation), command);
  co_return co_await std::move(running);
}

asio::awaitable<Handled> CommandStage::run(std::shared_ptr<Exchange> exchange,
                                           Invocation invocation, const Command* command) {
  const auto name = command->name;  // the command may be removed while it runs
  Result<std::string> answer = fail(ErrorKind::internal, "the command failed; the log says why");
  try {
    auto running = command->run(std::move(invocation));
    answer = co_await std::move(running);
  } catch (...) {
    journal_.write(Level::error, "chat", "a command threw",
                   {{"command", name}, {"reason", async::describe(std::current_exception())}});
  }
  exchange->outlet->reply(exchange->message,
                          answer ? std::move(*answer) : answer_of(answer.error()));
  co_return answer ? Handled::answered : Handled::failed;
}

}  // namespace orrery::chat
