// What the wiring page is given: the things that live as long as the process.
#pragma once

#include "app/core_components.h"
#include "app/runtime_components.h"
#include "lifecycle/assembly.h"
#include "platforms/webchat/control.h"

namespace orrery::app {

struct Parts {
  config::Configuration& configuration;
  web::Accounts& accounts;
  net::Handler& router;
  platforms::webchat::Door& door;
  chat::BackOffice& office;
  Succession& succession;
  Journal& journal;
  async::Clock& clock;
  async::Clock& bot_clock;  // whose timers fire on the bot strand
  observe::LogTail& log_tail;
  std::unique_ptr<observe::Log>& log;
  std::atomic<std::uint64_t>& handled;
  storage::DatabaseNumbers& database_numbers;
  storage::Restoration& restoration;
  async::Strand control;
  async::Strand bot;
  std::string data_folder;
  HttpComponent::OnListening on_listening;
  PipelineComponent::AddCommands add_commands;
  std::function<void()> show_banner;
};

// Declares every component and what it needs. `app` is what the driver is made from.
void wire(lifecycle::Assembly& app, const Parts& parts);

}  // namespace orrery::app
