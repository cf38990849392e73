#include "app/commands/commands.h"

namespace orrery::app {
namespace {

// The services outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> maintain(const chat::Services& services, chat::Invocation invocation) {
  const auto* reason = chat::maintenance(services.settings);
  if (!invocation.given.has("state")) {
    co_return reason == nullptr ? std::string{"Everyone is served."}
                                : fmt::format("Only the owner is served: {}", *reason);
  }
  std::optional<std::string> wanted;
  if (*invocation.given.get<bool>("state")) {
    const auto* given = invocation.given.get<std::string>("reason");
    wanted = given == nullptr ? "it will be back soon." : *given;
  }
  const bool on = wanted.has_value();
  auto setting = chat::set_maintenance(services.settings, std::move(wanted),
                                       invocation.message().author, invocation.patience());
  auto set = co_await std::move(setting);
  if (!set) co_return fail(std::move(set).error());
  co_return std::string{on ? "Only the owner is served from now on." : "Everyone is served again."};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command maintenance_command(const chat::Services& services) {
  return {
      .name = "maintenance",
      .summary = "Serves only the owner for a while, or everyone again.",
      .access = chat::Access::owner,
      .takes = {.parameters = {{.name = "state",
                                .kind = chat::Kind::yes_no,
                                .help = "on or off",
                                .need = chat::Need::optional},
                               {.name = "reason",
                                .kind = chat::Kind::rest,
                                .help = "what others are told",
                                .need = chat::Need::optional}}},
      .run = [&services](
                 chat::Invocation invocation) { return maintain(services, std::move(invocation)); },
      .examples = {"maintenance on moving house", "maintenance off"},
      .category = "Owner"};
}

}  // namespace orrery::app
