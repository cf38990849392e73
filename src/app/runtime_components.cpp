#include "app/runtime_components.h"

namespace orrery::app {

PipelineComponent::PipelineComponent(records::PermissionsComponent& permissions,
                                     records::SettingsComponent& settings,
                                     lifecycle::Optional<records::PrefixesComponent&> stored,
                                     lifecycle::Optional<records::HistoryComponent&> history,
                                     const std::function<PipelineOptions()>& options,
                                     AddCommands add_commands, chat::BackOffice& office)
    : options_{options()},
      add_commands_{std::move(add_commands)},
      office_{office},
      recorder_{history ? history->recorder() : nullptr},
      fallback_{options_.prefix},
      services_{.commands = commands_,
                .prefixes = stored ? static_cast<chat::Prefixes&>(stored->prefixes()) : fallback_,
                .permissions = permissions.permissions(),
                .settings = settings.settings(),
                .owners = options_.owners} {}

Task<> PipelineComponent::start(lifecycle::Context context) {
  add_commands_(services_);
  for (const auto& name : services_.permissions.resolve_never(commands_)) {
    context.journal().write(Level::warn, "chat", "permissions.never names no command",
                            {{"name", name}});
  }
  const chat::CommandStage::Services used{.commands = commands_,
                                          .prefixes = services_.prefixes,
                                          .permissions = services_.permissions,
                                          .settings = services_.settings,
                                          .journal = context.journal(),
                                          .clock = context.clock()};
  std::vector<std::unique_ptr<chat::Stage>> stages;
  if (recorder_ != nullptr) stages.push_back(std::make_unique<chat::RecordingStage>(*recorder_));
  stages.push_back(std::make_unique<chat::CommandStage>(used, options_.recognition));
  pipeline_ = std::make_unique<chat::Pipeline>(
      chat::Pipeline::Environment{options_.bot, context.clock(), context.journal(), options_.budget,
                                  options_.owners, options_.handled},
      std::move(stages));
  office_.open(services_, options_.bot, context.clock(), context.journal());
  co_return Result<>{};
}

Task<> PipelineComponent::drain(lifecycle::Context context) {
  auto draining = pipeline_->drain(async::never, context.token());
  const auto end = co_await std::move(draining);
  if (end != async::WaitEnd::done)
    co_return fail(ErrorKind::timeout, "messages are still being worked on");
  co_return Result<>{};
}

Task<> PipelineComponent::stop(lifecycle::Context, lifecycle::Outcome) {
  auto closing = office_.close();
  co_await std::move(closing);
  if (!pipeline_) co_return Result<>{};
  auto stopping = pipeline_->stop();
  co_await std::move(stopping);
  co_return Result<>{};
}

Task<> StatisticsComponent::start(lifecycle::Context context) {
  context.doing("counting this start");
  std::vector<storage::Statement> statements{
      {"INSERT INTO statistics VALUES ('starts', 1) ON CONFLICT (name) DO UPDATE SET value = "
       "statistics.value + 1",
       {}}};
  auto writing = database_.write(std::move(statements), {context.deadline(), context.token()});
  const auto written = co_await std::move(writing);
  if (!written) co_return fail(written.error());
  co_return Result<>{};
}

}  // namespace orrery::app
