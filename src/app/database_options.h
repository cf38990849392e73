// From the settings to what the database is opened with; the bot and the command line share it.
#pragma once

#include "config/settings.h"
#include "storage/database_component.h"

namespace orrery::app {

storage::DatabaseComponent::Options database_options_of(const config::Settings& settings,
                                                        const std::string& data_folder);

// Where copies of the database are kept.
std::string backups_folder(const std::string& data_folder);

}  // namespace orrery::app
