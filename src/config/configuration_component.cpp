#include "config/configuration_component.h"

namespace orrery::config {

Result<> Configuration::reload() {
  auto outcome = load(sources_);
  if (!outcome.faults.empty()) {
    Error error{ErrorKind::invalid, "the configuration has faults:\n" + text_of(outcome.faults)};
    return fail(
        std::move(error).remedy("mend them and try again; the settings in force are unchanged"));
  }
  loaded_ = std::make_shared<const Loaded>(std::move(outcome.loaded));
  return {};
}

}  // namespace orrery::config
