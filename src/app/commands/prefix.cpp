#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

using chat::Invocation;
using chat::Services;

std::vector<std::string> current(const Services& services, const Invocation& invocation) {
  const auto list = services.prefixes.of(invocation.message().guild);
  return {list.begin(), list.end()};
}

// All outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> put(const Services& services, Invocation invocation,
                      std::vector<std::string> prefixes) {
  const auto guild = invocation.message().guild;
  auto setting = services.prefixes.set(guild, std::move(prefixes), invocation.patience());
  auto set = co_await std::move(setting);
  if (!set) co_return fail(std::move(set).error());
  co_return fmt::format("Commands begin with {} here from now on.",
                        join(current(services, invocation), " or "));
}

Task<std::string> show(const Services& services, Invocation invocation) {
  co_return fmt::format("Commands begin with {} here.",
                        join(current(services, invocation), " or "));
}

Task<std::string> refuse(Error error) { co_return fail(std::move(error)); }

Task<std::string> remove(const Services& services, Invocation invocation) {
  auto prefixes = current(services, invocation);
  if (std::erase(prefixes, invocation.given.text("prefix")) == 0)
    co_return fail(ErrorKind::not_found, "'{}' is no prefix here.",
                   printable(invocation.given.text("prefix")));
  auto putting = put(services, std::move(invocation), std::move(prefixes));
  co_return co_await std::move(putting);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

Task<std::string> set(const Services& services, Invocation invocation) {
  std::vector prefixes{invocation.given.text("prefix")};
  return put(services, std::move(invocation), std::move(prefixes));
}

Task<std::string> add(const Services& services, Invocation invocation) {
  auto prefixes = current(services, invocation);
  prefixes.push_back(invocation.given.text("prefix"));
  return put(services, std::move(invocation), std::move(prefixes));
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
                        return put(services, std::move(invocation), {});
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
