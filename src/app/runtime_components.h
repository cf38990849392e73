// The program's own parts of the runtime and online phases.
#pragma once

#include "chat/back_office.h"
#include "chat/command_stage.h"
#include "chat/services.h"
#include "lifecycle/assembly.h"
#include "records/history_component.h"
#include "records/permissions_component.h"
#include "records/prefixes_component.h"
#include "records/settings_component.h"

namespace orrery::app {

// What the built-in commands and the pipeline work with, put together anew for each incarnation.
struct PipelineOptions {
  async::Strand bot;
  std::string prefix;
  Duration budget;
  std::atomic<std::uint64_t>* handled;  // counts over all incarnations
  chat::Owners owners;
  chat::CommandStage::Options recognition;
};

// Inbox → stages → Outbox. Without the stored prefixes, the default one serves.
class PipelineComponent final : public lifecycle::Component {
 public:
  // Adds the commands that come with the program.
  using AddCommands = std::function<void(const chat::Services&)>;

  PipelineComponent(records::PermissionsComponent& permissions,
                    records::SettingsComponent& settings,
                    lifecycle::Optional<records::PrefixesComponent&> stored,
                    lifecycle::Optional<records::HistoryComponent&> history,
                    const std::function<PipelineOptions()>& options, AddCommands add_commands,
                    chat::BackOffice& office);
  Task<> start(lifecycle::Context context) override;
  Task<> drain(lifecycle::Context context) override;
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

  operator chat::Pipeline&() { return *pipeline_; }  // NOLINT: a component stands for what it holds

 private:
  const PipelineOptions options_;
  AddCommands add_commands_;
  chat::BackOffice& office_;
  chat::Recorder* const recorder_;  // nothing: nobody keeps a history
  chat::DefaultPrefixes fallback_;
  chat::CommandRegistry commands_;
  const chat::Services services_;
  std::unique_ptr<chat::Pipeline> pipeline_;
};

// Counts starts in the database, once the runtime is ready.
class StatisticsComponent final : public lifecycle::Component {
 public:
  explicit StatisticsComponent(storage::DatabaseComponent& database)
      : database_{database.database()} {}
  Task<> start(lifecycle::Context context) override;

 private:
  storage::Database& database_;
};

// Says, once ready, what a person wants to know first.
class BannerComponent final : public lifecycle::Component {
 public:
  explicit BannerComponent(std::function<void()> show) : show_{std::move(show)} {}
  Task<> start(lifecycle::Context) override {
    show_();
    co_return Result<>{};
  }

 private:
  std::function<void()> show_;
};

}  // namespace orrery::app
