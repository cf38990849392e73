#include "app/database_options.h"

namespace orrery::app {

std::string backups_folder(const std::string& data_folder) { return data_folder + "/backups"; }

storage::DatabaseComponent::Options database_options_of(const config::Settings& settings,
                                                        const std::string& data_folder) {
  const auto& d = settings.database;
  storage::MigrateOptions migrate{
      .backups = d.backup_before_migration ? backups_folder(data_folder) : std::string{},
      .keep = static_cast<std::size_t>(d.backups)};
  return {.backend = {.url = d.url.reveal(),
                      .data_folder = data_folder,
                      .busy_timeout = d.busy_timeout,
                      .connect_timeout = d.connect_timeout},
          .database = {.connections = static_cast<std::size_t>(d.connections),
                       .overflow = static_cast<std::size_t>(d.overflow),
                       .wait = d.wait,
                       .check_after = d.check_after,
                       .max_age = d.max_age,
                       .slow = d.slow_statement,
                       .migrate = std::move(migrate)}};
}

}  // namespace orrery::app
