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
Task<std::string> put(const Services& services, Invocation invocation,
                      chat::Prefixes::Edit edit) {
  const auto guild = invocation.message().guild;
  auto editing = services.prefixes.edit(guild, std::move(edit), invocation.patience());
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
  const auto edit = [prefix = invocation.given.text("prefix")](List now) -> Result<List> {
    if (std::erase(now, prefix) == 0)
      return fail(ErrorKind::not_found, "'{}' is no prefix here.", printable(prefix));
    return now;
  };
  return put(services, std::move(invocation), edit);
}

Task<std::string> set(const Services& services, Invocation invocation) {
  const auto edit = [prefix = invocation.given.text("prefix")](const List&) {
    return List{prefix};
  };
  return put(services, std::move(invocation), edit);
}

Task<std::string> add(const Services& services, Invocation invocation) {
  const auto edit = [prefix = invocation.given.text("prefix")](List now) {
    now.push_back(prefix);
    return now;
  };
  return put(services, std::move(invocation), edit);
}

// Looking is everyone's, changing is not: the same word, as people expect it.
Task<std::string> show_or_set(const Services& services, Invocation invocation) {
  if (!invocation.given.has("prefix")) return show(services, std::move(invocation));
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
          .run = [&services, run](Invocation invocation) {
            return run(services, std::move(invocation));
          }};
}

}  // namespace

chat::Command prefix_command(const Services& services) {
  chat::Command reset{.name = "reset",
                      .summary = "Goes back to the default prefix.",
                      .access = chat::Access::ranked,
                      .run = [&services](Invocation invocation) {
                        return put(services, std::move(invocation), [](const List&) { return List{}; });
                      }};
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
