#include "chat/command_stage.h"

#include "chat/words.h"
#include "core/text.h"

namespace orrery::chat {
namespace {

// "! hello" and "!!!" are talk, not commands.
bool names_something(std::string_view text) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0;
}

// Sentences that were made for logs become sentences for people.
std::string sentence(std::string_view text) {
  std::string shown{text};
  if (!shown.empty() && shown[0] >= 'a' && shown[0] <= 'z')
    shown[0] = static_cast<char>(shown[0] - 32);
  return shown;
}

// Failures of what the bot stands on, not of what was asked.
bool is_the_bots_own(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
    case ErrorKind::corrupt:
    case ErrorKind::internal:
      return true;
    default:
      return false;
  }
}

// Addresses and files are the owner's business; the log has them.
Result<std::string> for_everyone(Result<std::string> failed) {
  const auto kind = failed.error().kind();
  if (!is_the_bots_own(kind)) return failed;
  if (kind == ErrorKind::corrupt || kind == ErrorKind::internal)
    return fail(kind, "That failed. Whoever runs the bot finds the reason in its log.");
  return fail(
      Error{kind, "That did not work: something the bot needs is not there just now."}.remedy(
          "try again in a while"));
}

}  // namespace

std::string answer_of(const Error& error) {
  auto text = sentence(error.text());
  if (!error.remedy().empty()) text += "\n" + sentence(error.remedy());
  return text;
}

std::optional<CommandStage::Call> CommandStage::recognise(const Message& message) const {
  const auto text = trim(message.text);
  // A mention first: it is longer than any prefix that it begins with.
  auto rest = options_.mention ? strip_mention(text, message.self) : std::nullopt;
  if (rest) {
    rest = trim(*rest);
  } else {
    rest = strip_prefix(text, services_.prefixes.of(message.guild), options_.prefix_case);
  }
  if (!rest || !names_something(*rest)) return std::nullopt;
  return Call{.prefix = text.substr(0, text.size() - rest->size()),
              .text = *rest,
              .match = services_.commands.match(*rest)};
}

std::string CommandStage::unknown(const Call& call) const {
  const auto word = lower(first_word(call.text).word.substr(0, 32));
  const auto near = nearest(word, services_.commands.names());
  auto text = fmt::format("There is no command '{}'.", printable(word));
  if (near) text += fmt::format(" Did you mean {}{}?", call.prefix, *near);
  return text + fmt::format(" {}help lists all.", call.prefix);
}

std::string CommandStage::group_help(const Node& node, const Call& call) const {
  const auto word = lower(first_word(call.match->rest).word.substr(0, 32));
  std::vector<std::string> names;
  for (const auto& [name, child] : node.children) names.push_back(name);
  if (word.empty())
    return fmt::format("{}{} needs one of: {}.", call.prefix, node.path, join(names, ", "));
  return fmt::format("There is no command '{} {}'{}: it has {}.", node.path, printable(word),
                     did_you_mean(word, names), join(names, ", "));
}

Result<> CommandStage::check_place(const Node& node, const Message& message) const {
  const auto& command = node.declaration;
  if (command.where == Where::guild && message.guild.empty())
    return fail(ErrorKind::conflict, "'{}' can only be used in a guild.", node.path);
  if (command.where == Where::direct && !message.guild.empty())
    return fail(ErrorKind::conflict, "'{}' can only be used in a direct message.", node.path);
  const auto& platforms = command.platforms;
  if (!platforms.empty() && std::ranges::find(platforms, message.platform) == platforms.end())
    return fail(ErrorKind::unsupported, "'{}' does not exist on {}; it works on {}.", node.path,
                message.platform, join(platforms, " and "));
  return {};
}

Result<Invocation> CommandStage::admit(const Exchange& exchange, const Call& call,
                                       Limits::Pass& pass) {
  const auto& message = exchange.message;
  const auto& node = *call.match->node;
  const bool owner = message.author.standing == Standing::owner;
  const auto* reason = maintenance(services_.settings);
  if (reason != nullptr && !owner)
    return fail(ErrorKind::unavailable, "The bot is under maintenance: {}", *reason);
  if (auto fits = check_place(node, message); !fits) return fail(std::move(fits).error());
  auto granted = services_.permissions.may_use(node, message);
  if (!granted) {
    return fail(std::move(granted).error().remedy(
        fmt::format("{}why {} explains it.", call.prefix, node.path)));
  }
  if (!node.declaration.run) return fail(ErrorKind::invalid, "{}", group_help(node, call));
  auto given = parse(node.declaration.takes, call.match->rest,
                     {.guild = message.guild, .directory = message.directory});
  if (!given) {
    return fail(std::move(given).error().remedy(
        fmt::format("It is used like this: {}", usage_of(node, call.prefix))));
  }
  if (!owner) {
    auto entered = limits_.enter(node, message, services_.clock.now());
    if (!entered) return fail(std::move(entered).error());
    pass = std::move(*entered);
  }
  return Invocation{.granted = std::move(*granted),
                    .said = {},
                    .prefix = std::string{call.prefix},
                    .command = node.path,
                    .arguments = std::string{trim(call.match->rest)},
                    .given = std::move(*given),
                    .deadline = exchange.deadline,
                    .token = exchange.token};
}

asio::awaitable<Verdict> CommandStage::take(std::shared_ptr<Exchange> exchange) {
  const auto call = recognise(exchange->message);
  if (!call) co_return std::nullopt;
  if (!call->match) {
    exchange->outlet->reply(exchange->message, unknown(*call));
    co_return Handled::answered;
  }
  Limits::Pass pass;
  auto invocation = admit(*exchange, *call, pass);
  if (!invocation) {
    exchange->outlet->reply(exchange->message, answer_of(invocation.error()));
    co_return Handled::answered;
  }
  invocation->said = {exchange, &exchange->message};
  auto running = run(exchange, std::move(*invocation), call->match->node, std::move(pass));
  co_return co_await std::move(running);
}

// Every answer and every failure of every command comes through here.
asio::awaitable<Handled> CommandStage::run(std::shared_ptr<Exchange> exchange,
                                           Invocation invocation, std::shared_ptr<const Node> node,
                                           Limits::Pass pass) {
  Result<std::string> answer = fail(ErrorKind::internal, "the command failed; the log says why");
  try {
    auto running = node->declaration.run(std::move(invocation));
    answer = co_await std::move(running);
  } catch (...) {
    services_.journal.write(
        Level::error, "chat", "a command threw",
        {{"command", node->path}, {"reason", async::describe(std::current_exception())}});
  }
  pass.reset();
  if (!answer && is_the_bots_own(answer.error().kind())) {
    services_.journal.write(Level::error, "chat", "a command failed",
                            {{"command", node->path}, {"reason", answer.error().text()}});
  }
  const bool owner = exchange->message.author.standing == Standing::owner;
  if (!answer && !owner) answer = for_everyone(std::move(answer));
  const auto text = answer ? *answer : answer_of(answer.error());
  if (!text.empty()) exchange->outlet->reply(exchange->message, text);
  co_return answer ? Handled::answered : Handled::failed;
}

}  // namespace orrery::chat
