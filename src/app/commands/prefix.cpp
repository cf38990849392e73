#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

using chat::Invocation;
using chat::Services;
using List = chat::Prefixes::List;

std::vector<std::string> current(const Services& services, const Invocation& invocation) {
  const auto list = services.prefixes.of(invocation.message().guild);
  return {list.begin(), list.end()};
}

// All outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> put(const Services& services, Invocation invocation, chat::Prefixes::Edit edit) {
  const auto guild = invocation.message().guild;
  auto editing = services.prefixes.edit(guild, std::move(edit), invocation.message().author,
                                        invocation.patience());
  auto edited = co_await std::move(editing);
  if (!edited) co_return fail(std::move(edited).error());
  co_return fmt::format("Commands begin with {} here from now on.",
                        join(current(services, invocation), " or "));
}

Task<std::string> show(const Services& services, Invocation invocation) {
  co_return fmt::format("Commands begin with {} here.",
                        join(current(services, invocation), " or "));
}

Task<std::string> refuse(Error error) { co_return fail(std::move(error)); }

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<std::string> remove(const Services& services, Invocation invocation) {
  auto edit = chat::without_prefix(invocation.given.text("prefix"));
  return put(services, std::move(invocation), std::move(edit));
}

Task<std::string> set(const Services& services, Invocation invocation) {
  const auto edit = [prefix = invocation.given.text("prefix")](const List&) {
    return List{prefix};
  };
  return put(services, std::move(invocation), edit);
}

Task<std::string> add(const Services& services, Invocation invocation) {
  auto edit = chat::with_prefix(invocation.given.text("prefix"));
  return put(services, std::move(invocation), std::move(edit));
}

// "prefix rset" is a slip, not a wish for commands that begin with rset.
std::optional<Error> slip(const Invocation& invocation) {
  const auto& word = invocation.given.text("prefix");
  const std::vector<std::string> known{"set", "add", "remove", "reset", "show", "list", "help"};
  const auto near = nearest(lower(word), known);
  if (!near && !word.starts_with("--")) return std::nullopt;
  Error error{ErrorKind::invalid, fmt::format("'{}' looks like a slip", printable(word))};
  return std::move(error).remedy(
      fmt::format("{0}help prefix explains it; {0}prefix set {1} makes it the prefix all the same",
                  invocation.prefix, printable(word)));
}

// Looking is everyone's, changing is not: the same word, as people expect it.
Task<std::string> show_or_set(const Services& services, Invocation invocation) {
  if (!invocation.given.has("prefix")) return show(services, std::move(invocation));
  if (auto error = slip(invocation)) return refuse(std::move(*error));
  const auto node = services.commands.find("prefix set");
  auto may = services.permissions.may_use(*node, invocation.message());
  if (may) return set(services, std::move(invocation));
  return refuse(std::move(may).error());
}

using Run = Task<std::string> (*)(const Services&, Invocation);

chat::Command changing(const Services& services, std::string name, std::string summary, Run run) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .access = chat::Access::ranked,
          .takes = {.parameters = {{.name = "prefix", .help = "1 to 16 characters, no spaces"}}},
          .run = [&services,
                  run](Invocation invocation) { return run(services, std::move(invocation)); },
          .where = chat::Where::guild};
}

}  // namespace

chat::Command prefix_command(const Services& services) {
  chat::Command reset{.name = "reset",
                      .summary = "Goes back to the default prefix.",
                      .access = chat::Access::ranked,
                      .run =
                          [&services](Invocation invocation) {
                            return put(services, std::move(invocation),
                                       [](const List&) { return List{}; });
                          },
                      .where = chat::Where::guild};
  return {
      .name = "prefix",
      .summary = "Shows or changes what commands begin with.",
      .access = chat::Access::open,
      .takes = {.parameters = {{.name = "prefix", .need = chat::Need::optional}}},
      .run = [&services](
                 Invocation invocation) { return show_or_set(services, std::move(invocation)); },
      .examples = {"prefix", "prefix set ?", "prefix add hey!"},
      .category = "Guild",
      .commands = {changing(services, "set", "Sets the only prefix.", set),
                   changing(services, "add", "Adds a prefix.", add),
                   changing(services, "remove", "Removes a prefix.", remove), reset}};
}

}  // namespace orrery::app
