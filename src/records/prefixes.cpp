#include "records/prefixes.h"

namespace orrery::records {

Task<> StoredPrefixes::load(storage::Patience patience) {
  auto reading = database_.read({"SELECT guild, prefix FROM prefixes", {}}, std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error().with("loading the prefixes"));
  prefixes_.clear();
  for (const auto& row : *rows) prefixes_[row.text(0)].push_back(row.text(1));
  co_return Result<>{};
}

std::vector<std::string> StoredPrefixes::of(const std::string& guild) const {
  const auto at = prefixes_.find(guild);
  return at == prefixes_.end() ? std::vector{fallback_} : at->second;
}

Task<> StoredPrefixes::set(std::string guild, std::string prefix, TimePoint deadline,
                           async::StopToken token) {
  if (auto good = chat::check_prefix(prefix); !good) co_return good;
  std::vector<storage::Statement> statements{
      {"DELETE FROM prefixes WHERE guild = $1", {guild}},
      {"INSERT INTO prefixes VALUES ($1, $2)", {guild, prefix}}};
  auto writing = database_.write(std::move(statements), {deadline, std::move(token)});
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping the prefix"));
  prefixes_[guild] = {std::move(prefix)};
  co_return Result<>{};
}

}  // namespace orrery::records
