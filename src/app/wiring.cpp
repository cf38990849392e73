// The whole program on one page: every component and what it needs.
//
// Read downwards it is the start order, upwards the stop order. A component can only need a handle
// declared above it, so a cycle cannot be written here. Modules never see each other's classes;
// this page decides who is whose.
#include "app/wiring.h"

#include "app/database_options.h"
#include "platforms/webchat/web_chat_component.h"
#include "records/schedule_component.h"
#include "storage/database_component.h"

namespace orrery::app {

using lifecycle::after;
using lifecycle::needs;

namespace {

lifecycle::Budgets budgets_of(const config::Settings& settings) {
  const auto& b = settings.lifecycle.budgets;
  return {.start = b.start,
          .start_cap = b.start_cap,
          .slow = b.slow,
          .drain = b.drain,
          .stop = b.stop,
          .grace = b.grace};
}

// For migrations, and for copies that are put back: as long as they say that they go on.
lifecycle::Budgets patient_budgets_of(const config::Settings& settings) {
  auto budgets = budgets_of(settings);
  budgets.start_cap = std::max<Duration>(budgets.start_cap, std::chrono::minutes{15});
  return budgets;
}

}  // namespace

void wire(lifecycle::Assembly& app, const Parts& p) {
  app.budgets(budgets_of(p.configuration.settings()));
  auto& settings = p.configuration;
  const auto folder = p.data_folder;

  // Read when a component is made, so that a retry sees what was mended.
  const std::function<storage::DatabaseComponent::Options()> database_options =
      [&settings, folder] { return database_options_of(settings.settings(), folder); };
  const std::function<std::string()> default_prefix = [&settings] {
    return settings.settings().commands.prefix;
  };
  const std::function<chat::Permissions::Options()> permission_options = [&settings] {
    const auto& permissions = settings.settings().permissions;
    return chat::Permissions::Options{
        .otherwise = permissions.unconfigured == config::Unconfigured::allow
                         ? chat::Unconfigured::allow
                         : chat::Unconfigured::deny,
        .never = {permissions.never.begin(), permissions.never.end()}};
  };
  const std::function<records::HistoryComponent::Options()> history_options = [&settings] {
    const auto& history = settings.settings().history;
    return records::HistoryComponent::Options{.enabled = history.enabled, .keep = history.keep};
  };
  const std::function<PipelineOptions()> pipeline_options = [&settings, bot = p.bot,
                                                             &handled = p.handled] {
    const auto& commands = settings.settings().commands;
    const auto& owner = settings.settings().owner;
    return PipelineOptions{
        .bot = bot,
        .prefix = commands.prefix,
        .budget = commands.budget,
        .handled = &handled,
        .owners = chat::Owners{{owner.ids.begin(), owner.ids.end()},
                               {owner.sysadmins.begin(), owner.sysadmins.end()}},
        .recognition = {.prefix_case = commands.case_insensitive_prefix ? chat::Case::ignored
                                                                        : chat::Case::matters,
                        .mention = commands.mention_prefix}};
  };

  auto configuration =
      app.core.add<config::ConfigurationComponent>("configuration", needs(), std::ref(settings));
  auto data =
      app.core.add<DataFolderComponent>("data-folder", needs(), folder, std::ref(p.succession));
  auto log = app.core.add<LogComponent>("log", needs(configuration, data), std::ref(p.journal),
                                        folder, std::ref(p.log_tail), std::ref(p.log));
  app.core.add<OwnersComponent>("owners", needs(configuration));
  auto accounts = app.core.add<AccountsComponent>("accounts", needs(data), std::ref(p.accounts));
  // The door opens last: nothing may reach us before something can answer.
  app.core.add<HttpComponent>("http", needs(configuration, log, accounts), std::ref(p.router),
                              p.control.executor, control_socket(folder), std::ref(p.succession),
                              p.on_listening);

  auto database = app.runtime.add<storage::DatabaseComponent>(
      "database", needs(), database_options, std::ref(p.journal), std::ref(p.database_numbers),
      std::ref(p.restoration));
  database.budgets(patient_budgets_of(settings.settings()));
  auto settings_kept =
      app.runtime.add<records::SettingsComponent>("settings", needs(database)).on(p.bot);
  auto permissions =
      app.runtime
          .add<records::PermissionsComponent>("permissions", needs(database), permission_options)
          .on(p.bot);
  auto prefixes =
      app.runtime.add<records::PrefixesComponent>("prefixes", needs(database), default_prefix)
          .degradable()
          .on(p.bot);
  auto history =
      app.runtime.add<records::HistoryComponent>("history", needs(database), history_options)
          .degradable()
          .on(p.bot);
  app.runtime
      .add<records::ScheduleComponent>("schedule", needs(database), std::ref(p.bot_clock),
                                       std::ref(p.journal))
      .degradable()
      .on(p.bot);
  auto pipeline = app.runtime.add<PipelineComponent>("pipeline", needs(permissions, settings_kept),
                                                     after(prefixes, history), pipeline_options,
                                                     p.add_commands, std::ref(p.office));
  auto transcript =
      app.runtime.add<records::TranscriptComponent>("transcript", needs(database)).degradable();
  app.runtime.add<platforms::webchat::WebChatComponent>(
      "webchat", needs(pipeline), after(transcript), std::ref(p.door), p.control.executor,
      std::ref(p.clock), std::ref(p.journal));

  app.online.add<StatisticsComponent>("statistics", needs(database));
  app.online.add<BannerComponent>("banner", needs(), p.show_banner);
}

}  // namespace orrery::app
