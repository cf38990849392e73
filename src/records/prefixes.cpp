#include "records/prefixes.h"

namespace orrery::records {

std::uint32_t StoredPrefixes::Table::place_of(List list) {
  list = chat::in_order(std::move(list));
  const auto [at, fresh] = places.try_emplace(list, static_cast<std::uint32_t>(lists.size()));
  if (fresh) lists.push_back(std::move(list));
  return at->second;
}

// On the database's thread, row by row, so that a hundred thousand guilds are never held twice.
Result<StoredPrefixes::Table> StoredPrefixes::read(storage::Connection& connection) {
  Table table;
  auto count = connection.run({"SELECT count(*) FROM (SELECT DISTINCT guild FROM prefixes) g", {}});
  if (!count) return fail(std::move(count).error());
  table.guilds.reserve(static_cast<std::size_t>(count->front().integer(0)));
  std::string guild;
  List list;
  const auto finish = [&] {
    if (!list.empty()) table.guilds.emplace(guild, table.place_of(std::exchange(list, {})));
  };
  auto done = connection.each({"SELECT guild, prefix FROM prefixes ORDER BY guild, prefix", {}},
                              [&](const storage::Row& row) {
                                if (row.text(0) != guild) {
                                  finish();
                                  guild = row.text(0);
                                }
                                list.push_back(row.text(1));
                              });
  if (!done) return fail(std::move(done).error());
  finish();
  return table;
}

Task<> StoredPrefixes::load(storage::Patience patience) {
  auto reading = database_.look<Table>(read, std::move(patience));
  auto table = co_await std::move(reading);
  if (!table) co_return fail(std::move(table).error().with("loading the prefixes"));
  table_ = std::move(*table);
  co_return Result<>{};
}

std::span<const std::string> StoredPrefixes::of(std::string_view guild) const {
  const auto at = table_.guilds.find(guild);
  return at == table_.guilds.end() ? fallback_ : table_.lists[at->second];
}

Task<> StoredPrefixes::set(std::string guild, std::vector<std::string> prefixes,
                           storage::Patience patience) {
  if (auto good = chat::check_prefixes(prefixes); !good) co_return good;
  prefixes = chat::in_order(std::move(prefixes));
  std::vector<storage::Statement> statements{{"DELETE FROM prefixes WHERE guild = $1", {guild}}};
  for (const auto& prefix : prefixes)
    statements.push_back({"INSERT INTO prefixes VALUES ($1, $2)", {guild, prefix}});
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping the prefixes"));
  if (prefixes.empty()) {
    table_.guilds.erase(guild);
  } else {
    table_.guilds.insert_or_assign(guild, table_.place_of(std::move(prefixes)));
  }
  co_return Result<>{};
}

}  // namespace orrery::records
