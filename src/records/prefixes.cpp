#include "records/prefixes.h"

#include "core/text.h"
#include "records/audit.h"

namespace orrery::records {

std::uint32_t StoredPrefixes::Table::place_of(List list) {
  list = chat::in_order(std::move(list));
  const auto [at, fresh] = places.try_emplace(list, static_cast<std::uint32_t>(lists.size()));
  if (fresh) lists.push_back(std::move(list));
  return at->second;
}

void StoredPrefixes::Table::note_strange(const std::string& guild) {
  constexpr std::size_t most = 10;
  if (strange.size() < most && (strange.empty() || strange.back() != guild))
    strange.push_back(guild);
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
                                if (chat::check_prefix(row.text(1)))
                                  list.push_back(row.text(1));
                                else
                                  table.note_strange(guild);
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

void StoredPrefixes::put(const std::string& guild, List prefixes) {
  if (prefixes.empty()) {
    table_.guilds.erase(guild);
  } else {
    table_.guilds.insert_or_assign(guild, table_.place_of(std::move(prefixes)));
  }
}

Task<> StoredPrefixes::refresh(storage::Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto reading = read_again(std::move(patience));
  co_return co_await std::move(reading);
}

Task<> StoredPrefixes::read_again(storage::Patience patience) {
  const auto stale = stale_;
  for (const auto& guild : stale) {
    auto reading =
        database_.read({"SELECT prefix FROM prefixes WHERE guild = $1", {guild}}, patience);
    const auto rows = co_await std::move(reading);
    if (!rows) co_return fail(rows.error());
    List prefixes;
    for (const auto& row : *rows) {
      if (chat::check_prefix(row.text(0))) prefixes.push_back(row.text(0));
    }
    put(guild, std::move(prefixes));
    stale_.erase(guild);
  }
  co_return Result<>{};
}

std::optional<std::string> StoredPrefixes::line_of(const std::string& guild) const {
  const auto at = table_.guilds.find(guild);
  if (at == table_.guilds.end()) return std::nullopt;
  return join(table_.lists[at->second], " ");
}

Task<> StoredPrefixes::edit(std::string guild, Edit edit, chat::Author by,
                            storage::Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  const auto now = of(guild);
  auto wanted = edit({now.begin(), now.end()});
  if (!wanted) co_return fail(std::move(wanted).error());
  if (auto good = chat::check_prefixes(guild, *wanted); !good) co_return good;
  auto prefixes = chat::in_order(std::move(*wanted));
  std::vector<storage::Statement> statements{{"DELETE FROM prefixes WHERE guild = $1", {guild}}};
  for (const auto& prefix : prefixes)
    statements.push_back({"INSERT INTO prefixes VALUES ($1, $2)", {guild, prefix}});
  auto entry = chat::entry_by(by, guild);
  entry.action = chat::prefixes_action;
  entry.was = line_of(guild);
  if (!prefixes.empty()) entry.became = join(prefixes, " ");
  enter(entry, statements);
  auto writing = database_.write(std::move(statements), patience);
  auto rows = co_await std::move(writing);
  if (rows) {
    put(guild, std::move(prefixes));
    co_return Result<>{};
  }
  if (rows.error().is_unsure()) {
    stale_.insert(guild);
    auto reading = read_again(std::move(patience));
    [[maybe_unused]] const auto read = co_await std::move(reading);  // else the watch does it
  }
  co_return fail(std::move(rows).error().with("keeping the prefixes"));
}

}  // namespace orrery::records
