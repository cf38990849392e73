#include "records/schedule.h"

#include "core/text.h"

namespace orrery::records {

using chat::Job;
using storage::Value;

namespace {

Value value_of(const std::optional<WallTime>& at) {
  return at ? Value{std::int64_t{at->time_since_epoch().count()}} : Value{};
}

std::optional<WallTime> time_of(const storage::Row& row, std::size_t column) {
  if (row.is_null(column)) return std::nullopt;
  return WallTime{std::chrono::milliseconds{row.integer(column)}};
}

}  // namespace

Task<std::vector<Job>> StoredSchedule::load(storage::Patience patience) {
  auto reading = database_.read(
      {"SELECT plugin, name, schedule, zone, misfire, payload, next_at, last_at, outcome FROM jobs",
       {}},
      std::move(patience));
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows).error());
  std::vector<Job> jobs;
  for (const auto& row : *rows) {
    jobs.push_back({.plugin = row.text(0),
                    .name = row.text(1),
                    .schedule = row.text(2),
                    .zone = row.text(3),
                    .misfire = chat::misfire_named(row.text(4)).value_or(chat::Misfire::once),
                    .payload = row.text(5),
                    .next = time_of(row, 6),
                    .last = time_of(row, 7),
                    .outcome = row.text(8)});
  }
  co_return jobs;
}

Task<> StoredSchedule::keep(Job job, storage::Patience patience) {
  std::vector<storage::Statement> statements{
      {"INSERT INTO jobs (plugin, name, schedule, zone, misfire, payload, next_at, last_at, "
       "outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
       "ON CONFLICT (plugin, name) DO UPDATE SET schedule = $3, zone = $4, misfire = $5, "
       "payload = $6, next_at = $7, last_at = $8, outcome = $9",
       {job.plugin, job.name, job.schedule, job.zone, std::string{chat::name_of(job.misfire)},
        job.payload, value_of(job.next), value_of(job.last), job.outcome}}};
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error().with("keeping the job"));
  co_return Result<>{};
}

Task<> StoredSchedule::remove(std::string plugin, std::string name, storage::Patience patience) {
  std::vector<storage::Statement> statements{
      {"DELETE FROM jobs WHERE plugin = $1 AND name = $2 RETURNING name", {plugin, name}}};
  auto writing = database_.write(std::move(statements), std::move(patience));
  auto rows = co_await std::move(writing);
  if (!rows) co_return fail(std::move(rows).error());
  if (rows->empty()) co_return fail(ErrorKind::not_found, "there is no job '{}'", printable(name));
  co_return Result<>{};
}

}  // namespace orrery::records
