#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

// Who is asked about: named, or whoever asks.
Result<chat::Someone> subject_in(const chat::Services& services, const chat::Message& message,
                                 std::string_view named) {
  if (trim(named).empty()) {
    return chat::Someone{
        .guild = message.guild, .channel = message.channel, .author = message.author};
  }
  const chat::Parameter user{.name = "user", .kind = chat::Kind::user};
  auto found = chat::convert(user, trim(named), {message.guild, message.directory});
  if (!found) return fail(std::move(found).error());
  return chat::someone(services, message, std::get<chat::Member>(*found));
}

// The command is as many words as name one; what follows is the user.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> why(const chat::Services& services, chat::Invocation invocation) {
  const auto match = services.commands.match(invocation.arguments);
  if (!match) {
    const auto word = invocation.arguments.substr(0, invocation.arguments.find(' '));
    co_return fail(ErrorKind::not_found, "There is no command '{}'{}", printable(word),
                   did_you_mean(lower(word), services.commands.names()));
  }
  const auto one = subject_in(services, invocation.message(), match->rest);
  if (!one) co_return fail(one.error());
  const auto& node = *match->node;
  const chat::Wanted wanted{.path = node.path, .access = node.declaration.access};
  const auto allowed = services.permissions.decide(wanted, one->subject()).allowed();
  std::vector<std::string> lines{fmt::format("{} {} use {}{}:", one->author.name,
                                             allowed ? "may" : "may not", invocation.prefix,
                                             node.path)};
  int number = 0;
  for (const auto& step : services.permissions.explain(wanted, one->subject())) {
    const auto* mark = !step.ruling                            ? ""
                       : *step.ruling == chat::Ruling::allowed ? " -> allowed"
                                                               : " -> denied";
    lines.push_back(fmt::format("{}. {}{}", ++number, step.text, mark));
  }
  co_return join(lines, "\n");
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command why_command(const chat::Services& services) {
  return {.name = "why",
          .summary = "Explains why somebody may or may not use a command.",
          .access = chat::Access::open,
          .takes = {.parameters = {{.name = "command_and_user",
                                    .kind = chat::Kind::rest,
                                    .help = "a command, and whom it is about (you, if nobody)"}}},
          .run = [&services](
                     chat::Invocation invocation) { return why(services, std::move(invocation)); },
          .examples = {"why prefix set", "why permissions role @ada"},
          .category = "Guild"};
}

}  // namespace orrery::app
