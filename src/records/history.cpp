#include "records/history.h"

#include <algorithm>

namespace orrery::records {

using chat::Said;

namespace {

Said said_in(const storage::Row& row) {
  return {.number = row.integer(0),
          .platform = row.text(1),
          .guild = row.text(2),
          .channel = row.text(3),
          .id = row.text(4),
          .author = row.text(5),
          .author_name = row.text(6),
          .by_bot = row.integer(7) != 0,
          .text = row.text(8),
          .at = WallTime{std::chrono::milliseconds{row.integer(9)}}};
}

}  // namespace

namespace {

constexpr const char* insert =
    "INSERT INTO messages (platform, guild, channel, id, author, author_name, by_bot, said, at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr const char* insert_unless_there =
    "INSERT INTO messages (platform, guild, channel, id, author, author_name, by_bot, said, at) "
    "SELECT $1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), $8, CAST($9 AS BIGINT) WHERE NOT EXISTS "
    "(SELECT 1 FROM messages WHERE at = CAST($9 AS BIGINT) AND platform = $1 AND guild = $2 "
    "AND channel = $3 AND id = $4 AND author = $5 AND said = $8)";

}  // namespace

Task<> StoredHistory::add(std::vector<Said> said, storage::Patience patience) {
  std::vector<storage::Statement> statements;
  statements.reserve(said.size());
  for (auto& one : said) {
    statements.push_back(
        {in_doubt_ ? insert_unless_there : insert,
         {std::move(one.platform), std::move(one.guild), std::move(one.channel), std::move(one.id),
          std::move(one.author), std::move(one.author_name), std::int64_t{one.by_bot ? 1 : 0},
          std::move(one.text), std::int64_t{one.at.time_since_epoch().count()}}});
  }
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (rows) in_doubt_ = false;
  if (!rows && rows.error().is_unsure()) in_doubt_ = true;
  if (!rows) co_return fail(std::move(rows).error().with("keeping what was said"));
  co_return Result<>{};
}

Task<std::vector<Said>> StoredHistory::of_channel(std::string platform, std::string channel,
                                                  std::int64_t before, std::size_t most,
                                                  storage::Patience patience) {
  auto reading = database_.read(
      {"SELECT number, platform, guild, channel, id, author, author_name, by_bot, said, at "
       "FROM messages WHERE platform = $1 AND channel = $2 AND number < $3 "
       "ORDER BY number DESC LIMIT $4",
       {std::move(platform), std::move(channel), before, static_cast<std::int64_t>(most)}},
      std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  std::vector<Said> said;
  for (const auto& row : *rows) said.push_back(said_in(row));
  std::ranges::reverse(said);
  co_return said;
}

Task<std::int64_t> StoredHistory::forget(storage::Statement statement, storage::Patience patience) {
  const storage::Database::Work<std::int64_t> work =
      [statement = std::move(statement)](storage::Connection& connection) -> Result<std::int64_t> {
    std::int64_t count = 0;
    auto done = connection.each(statement, [&count](storage::Row&&) { ++count; });
    return done ? Result<std::int64_t>{count} : fail(std::move(done).error());
  };
  return database_.transact<std::int64_t>(work, std::move(patience));
}

Task<std::int64_t> StoredHistory::forget_before(WallTime at, storage::Patience patience) {
  return forget({"DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE at < $1 "
                 "ORDER BY at LIMIT 5000) RETURNING number",
                 {std::int64_t{at.time_since_epoch().count()}}},
                std::move(patience));
}

Task<std::int64_t> StoredHistory::forget_author(std::string platform, std::string author,
                                                storage::Patience patience) {
  return forget({"DELETE FROM messages WHERE platform = $1 AND author = $2 RETURNING number",
                 {std::move(platform), std::move(author)}},
                std::move(patience));
}

}  // namespace orrery::records
