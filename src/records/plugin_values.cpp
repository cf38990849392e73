#include "records/plugin_values.h"

#include <algorithm>

namespace orrery::records {

using storage::Connection;

namespace {

// The size of a name is counted in bytes, as everything else; in PostgreSQL length() counts
// letters.
std::string sizes_in(storage::Dialect dialect) {
  if (dialect == storage::Dialect::sqlite) {
    return "SELECT count(*), coalesce(sum(length(value) + length(CAST(name AS BLOB))), 0) "
           "FROM plugin_values WHERE plugin = $1";
  }
  return "SELECT count(*), coalesce(sum(octet_length(value) + octet_length(name)), 0) "
         "FROM plugin_values WHERE plugin = $1";
}

Result<chat::PluginValues::Usage> usage_of(Connection& connection, storage::Dialect dialect,
                                           const std::string& plugin) {
  auto rows = connection.run({sizes_in(dialect), {plugin}});
  if (!rows) return fail(std::move(rows).error());
  return chat::PluginValues::Usage{.bytes = static_cast<std::size_t>(rows->front().integer(1)),
                                   .names = static_cast<std::size_t>(rows->front().integer(0))};
}

}  // namespace

Task<std::optional<StoredPluginValues::Bytes>> StoredPluginValues::get(std::string plugin,
                                                                       std::string name,
                                                                       storage::Patience patience) {
  auto reading = database_.read({"SELECT value FROM plugin_values WHERE plugin = $1 AND name = $2",
                                 {std::move(plugin), std::move(name)}},
                                std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  if (rows->empty()) co_return std::optional<Bytes>{};
  co_return std::optional{rows->front().blob(0)};
}

Task<> StoredPluginValues::set(std::string plugin, std::string name, Bytes value,
                               storage::Patience patience) {
  if (auto good = chat::check_value(name, value.size(), quota_); !good) co_return good;
  const storage::Database::Work<bool> work =
      [plugin = std::move(plugin), name = std::move(name), value = std::move(value), quota = quota_,
       dialect = database_.dialect()](Connection& connection) -> Result<bool> {
    auto written =
        connection.run({"INSERT INTO plugin_values VALUES ($1, $2, $3) "
                        "ON CONFLICT (plugin, name) DO UPDATE SET value = $3",
                        {plugin, name, value}});
    if (!written) return fail(std::move(written).error());
    const auto use = usage_of(connection, dialect, plugin);
    if (!use) return fail(use.error());
    auto fits = chat::check_quota(plugin, *use, quota);
    return fits ? Result<bool>{true} : fail(std::move(fits).error());
  };
  auto writing = database_.transact<bool>(work, std::move(patience));
  auto done = co_await std::move(writing);
  if (!done) co_return fail(std::move(done).error());
  co_return Result<>{};
}

Task<> StoredPluginValues::write(storage::Statement statement, storage::Patience patience) {
  std::vector<storage::Statement> statements;
  statements.push_back(std::move(statement));
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error());
  co_return Result<>{};
}

Task<> StoredPluginValues::remove(std::string plugin, std::string name,
                                  storage::Patience patience) {
  return write({"DELETE FROM plugin_values WHERE plugin = $1 AND name = $2",
                {std::move(plugin), std::move(name)}},
               std::move(patience));
}

Task<> StoredPluginValues::clear(std::string plugin, storage::Patience patience) {
  return write({"DELETE FROM plugin_values WHERE plugin = $1", {std::move(plugin)}},
               std::move(patience));
}

Task<std::vector<std::string>> StoredPluginValues::names(std::string plugin, std::string prefix,
                                                         storage::Patience patience) {
  storage::Statement statement{
      "SELECT name FROM plugin_values WHERE plugin = $1 "
      "AND substr(name, 1, length(CAST($2 AS TEXT))) = $2",
      {std::move(plugin), std::move(prefix)}};
  auto reading = database_.read(std::move(statement), std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  std::vector<std::string> names;
  for (const auto& row : *rows) names.push_back(row.text(0));
  std::ranges::sort(names);  // by bytes: servers sort by their own language
  co_return names;
}

Task<StoredPluginValues::Usage> StoredPluginValues::usage(std::string plugin,
                                                          storage::Patience patience) {
  const storage::Database::Work<Usage> work =
      [plugin = std::move(plugin), dialect = database_.dialect()](Connection& connection) {
        return usage_of(connection, dialect, plugin);
      };
  return database_.look<Usage>(work, std::move(patience));
}

}  // namespace orrery::records
