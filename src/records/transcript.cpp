#include "records/transcript.h"

#include <algorithm>

namespace orrery::records {

using chat::Line;

namespace {

storage::Patience patience_of(chat::Transcript::Patience patience) {
  return {patience.deadline, std::move(patience.token)};
}

Line line_of(const storage::Row& row) {
  return {.number = row.integer(0),
          .conversation = row.text(1),
          .id = row.text(2),
          .by = row.integer(3) == 0 ? Line::By::visitor : Line::By::bot,
          .text = row.text(4),
          .at = WallTime{std::chrono::milliseconds{row.integer(5)}},
          .outcome = row.text(6)};
}

}  // namespace

Task<> StoredTranscript::write(storage::Statement statement, Patience patience) {
  std::vector<storage::Statement> statements;
  statements.push_back(std::move(statement));
  auto writing = database_.write(std::move(statements), patience_of(std::move(patience)));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping what was said"));
  co_return Result<>{};
}

Task<> StoredTranscript::close_unfinished(storage::Patience patience) {
  storage::Statement statement{
      "UPDATE transcript SET outcome = 'failed' WHERE by_bot = 0 AND outcome = ''", {}};
  auto writing = write(std::move(statement), {patience.deadline, patience.token});
  co_return co_await std::move(writing);
}

Task<std::int64_t> StoredTranscript::add(std::string visitor, Line line, Patience patience) {
  std::vector<storage::Statement> statements{
      {"INSERT INTO transcript (visitor, conversation, id, by_bot, said, at) "
       "VALUES ($1, $2, $3, $4, $5, $6) RETURNING number",
       {std::move(visitor), line.conversation, line.id,
        std::int64_t{line.by == Line::By::bot ? 1 : 0}, line.text,
        std::int64_t{line.at.time_since_epoch().count()}}}};
  auto writing = database_.write(std::move(statements), patience_of(std::move(patience)));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping what was said"));
  co_return rows->front().integer(0);
}

Task<> StoredTranscript::settle(std::string visitor, std::string id, std::string outcome,
                                Patience patience) {
  storage::Statement statement{
      "UPDATE transcript SET outcome = $1 WHERE visitor = $2 AND id = $3 AND by_bot = 0",
      {std::move(outcome), std::move(visitor), std::move(id)}};
  auto writing = write(std::move(statement), std::move(patience));
  co_return co_await std::move(writing);
}

Task<std::vector<Line>> StoredTranscript::since(std::string visitor, std::int64_t number,
                                                std::size_t most, Patience patience) {
  storage::Statement statement{
      "SELECT number, conversation, id, by_bot, said, at, outcome FROM transcript "
      "WHERE visitor = $1 AND number > $2 ORDER BY number DESC LIMIT $3",
      {std::move(visitor), number, static_cast<std::int64_t>(most)}};
  auto reading = database_.read(std::move(statement), patience_of(std::move(patience)));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error().with("reading what was said"));
  std::vector<Line> lines;
  for (const auto& row : *rows) lines.push_back(line_of(row));
  std::ranges::reverse(lines);
  co_return lines;
}

Task<> StoredTranscript::forget(std::string visitor, std::string conversation, Patience patience) {
  storage::Statement statement{"DELETE FROM transcript WHERE visitor = $1 AND conversation = $2",
                               {std::move(visitor), std::move(conversation)}};
  auto writing = write(std::move(statement), std::move(patience));
  co_return co_await std::move(writing);
}

}  // namespace orrery::records
