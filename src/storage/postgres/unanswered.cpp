#include "storage/postgres/unanswered.h"

#include <algorithm>

namespace orrery::storage::postgres {
namespace {

// Waits up to a second for each; one that is gone already is not found.
constexpr const char* end_process =
    "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 1000) AS ended FROM pg_stat_activity "
    "WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2) asked "
    "WHERE NOT ended";

}  // namespace

const char* const own_process =
    "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity "
    "WHERE pid = pg_backend_pid()";

void Unanswered::add(ServerProcess process) {
  processes_.with([&](auto& all) {
    all.push_back(process);
    any_ = true;
  });
}

Result<> Unanswered::end(storage::Connection& connection, const ServerProcess& process) {
  auto left = connection.run({end_process, {process.number, process.begun}});
  if (!left) return fail(std::move(left).error());
  if (left->front().integer(0) == 0) return {};
  Error alive{ErrorKind::unavailable,
              fmt::format("the server's process {} has not ended, and may yet do what it was asked",
                          process.number)};
  return fail(std::move(alive).remedy("look at what it waits for: SELECT * FROM pg_stat_activity"));
}

Result<> Unanswered::end_all(storage::Connection& connection) {
  if (!any_) return {};
  const auto all = processes_.with([](const auto& processes) { return processes; });
  for (const auto& process : all) {
    if (auto ended = end(connection, process); !ended) return ended;
  }
  processes_.with([&](auto& processes) {
    std::erase_if(processes,
                  [&](const auto& one) { return std::ranges::find(all, one) != all.end(); });
    any_ = !processes.empty();
  });
  return {};
}

}  // namespace orrery::storage::postgres
