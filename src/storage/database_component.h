// The database as a part of the runtime: opened, migrated, and closed last.
//
// Which one, is asked at the moment this is made, so a mended URL counts at the next retry.
#pragma once

#include "lifecycle/component.h"
#include "storage/database.h"

namespace orrery::storage {

struct DatabaseOptions {
  std::string url;    // may hold a password
  std::string shown;  // the same without it
  Duration busy_timeout;
  std::string data_folder;
};

class DatabaseComponent final : public lifecycle::Component {
 public:
  explicit DatabaseComponent(const std::function<DatabaseOptions()>& options)
      : options_{options()} {}

  // Errors: unsupported (a scheme this build cannot open), and those of the database.
  Task<> start(lifecycle::Context context) override;
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

  // Valid between start and stop.
  Database& database() { return *database_; }

 private:
  const DatabaseOptions options_;
  std::unique_ptr<Database> database_;
};

// The file that a sqlite: URL means, relative ones in the data folder.
std::string sqlite_path(const std::string& url, const std::string& data_folder);

}  // namespace orrery::storage
