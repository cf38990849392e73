#include "storage/database_component.h"

#include "storage/sqlite/sqlite_database.h"

namespace orrery::storage {

std::string sqlite_path(const std::string& url, const std::string& data_folder) {
  auto path = url.substr(std::string_view{"sqlite:"}.size());
  if (path.starts_with("//")) path = path.substr(2);  // sqlite:///srv/x.db
  return path.starts_with('/') || path == ":memory:" ? path : data_folder + "/" + path;
}

Task<> DatabaseComponent::start(lifecycle::Context context) {
  if (!options_.url.starts_with("sqlite:")) {
    Error unsupported{ErrorKind::unsupported, "this build cannot open " + options_.shown};
    co_return fail(std::move(unsupported).remedy("set database.url to sqlite:FILE"));
  }
  const auto path = sqlite_path(options_.url, options_.data_folder);
  context.doing("opening sqlite:" + path);
  auto database = std::make_unique<sqlite::SqliteDatabase>(path, options_.busy_timeout);
  auto& opened = *database;
  database_ = std::move(database);  // first: a stop may come while it opens
  auto opening = opened.open({context.deadline(), context.token()});
  auto migrated = co_await std::move(opening);
  if (!migrated) co_return fail(std::move(migrated).error().with("opening the database"));
  if (migrated->from != migrated->to) {
    context.journal().write(Level::info, "storage", "database migrated",
                            {{"database", opened.name()},
                             {"from", std::int64_t{migrated->from}},
                             {"to", std::int64_t{migrated->to}}});
  }
  co_return Result<>{};
}

Task<> DatabaseComponent::stop(lifecycle::Context, lifecycle::Outcome) {
  if (!database_) co_return Result<>{};
  auto closing = database_->close();
  co_return co_await std::move(closing);
}

}  // namespace orrery::storage
