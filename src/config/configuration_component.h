// The settings in force, as the part that everything else stands on.
//
// The program has loaded and validated them before the engine begins; `reload` reads the sources
// again and takes the new settings only if they are faultless. A part reads `current()` when it is
// made, so a retry or a restart picks up what was mended.
//
// Threads   the control strand.
#pragma once

#include "config/load.h"
#include "lifecycle/component.h"

namespace orrery::config {

class Configuration {
 public:
  Configuration(Sources sources, Loaded loaded)
      : sources_{std::move(sources)}, loaded_{std::make_shared<const Loaded>(std::move(loaded))} {}

  std::shared_ptr<const Loaded> current() const { return loaded_; }
  const Settings& settings() const { return loaded_->settings; }
  const Sources& sources() const { return sources_; }

  // Errors: invalid, with every fault; the settings in force stay.
  Result<> reload();

 private:
  Sources sources_;
  std::shared_ptr<const Loaded> loaded_;
};

class ConfigurationComponent final : public lifecycle::Component {
 public:
  explicit ConfigurationComponent(Configuration& configuration) : configuration_{configuration} {}
  Task<> start(lifecycle::Context) override { co_return Result<>{}; }
  Configuration& configuration() { return configuration_; }

 private:
  Configuration& configuration_;
};

}  // namespace orrery::config
