#include "app/commands/commands.h"
#include "chat/zone.h"

namespace orrery::app {
namespace {

constexpr const char* setting = "zone";

// "09:41 on 2026-01-31"
std::string time_in(const chat::Zone& zone) {
  const auto local = zone.to_local(wall_now());
  const WallTime shown{
      std::chrono::duration_cast<std::chrono::milliseconds>(local.time_since_epoch())};
  const auto text = iso8601(shown);
  return text.substr(11, 5) + " on " + text.substr(0, 10);
}

// The services outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> show(const chat::Services& services, chat::Invocation invocation) {
  auto reading = services.settings.of_person(invocation.message().author.id, invocation.patience());
  const auto settings = co_await std::move(reading);
  if (!settings) co_return fail(settings.error());
  const auto at = settings->find(setting);
  const auto zone = chat::Zone::named(at == settings->end() ? "UTC" : at->second);
  if (!zone) co_return fail(zone.error());
  co_return fmt::format("Your time zone is {}: it is {} there.", zone->name(), time_in(*zone));
}

Task<std::string> timezone(const chat::Services& services, chat::Invocation invocation) {
  if (!invocation.given.has("zone")) {
    auto showing = show(services, std::move(invocation));
    co_return co_await std::move(showing);
  }
  const auto zone = chat::Zone::named(invocation.given.text("zone"));
  if (!zone) co_return fail(zone.error());
  auto setting_it = services.settings.set_of_person(invocation.message().author.id, setting,
                                                    zone->name(), invocation.patience());
  auto set = co_await std::move(setting_it);
  if (!set) co_return fail(std::move(set).error());
  co_return fmt::format("Your time zone is {} from now on: it is {} there.", zone->name(),
                        time_in(*zone));
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

chat::Command timezone_command(const chat::Services& services) {
  return {
      .name = "timezone",
      .summary = "Shows or sets the time zone that you live by.",
      .access = chat::Access::open,
      .takes = {.parameters = {{.name = "zone",
                                .help = "such as Europe/Berlin",
                                .need = chat::Need::optional}}},
      .run = [&services](
                 chat::Invocation invocation) { return timezone(services, std::move(invocation)); },
      .aliases = {"tz"},
      .examples = {"timezone Europe/Berlin"},
      .category = "General"};
}

}  // namespace orrery::app
