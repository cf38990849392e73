// The server's processes that were asked for something and did not answer. As long as one lives it
// may still do it, so what is read meanwhile may be out of date a moment later.
//
// Threads   any.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "core/guarded.h"
#include "storage/connection.h"

namespace orrery::storage::postgres {

// Its number may be given to another one later, so when it began belongs to its name.
struct ServerProcess {
  std::int64_t number = 0;
  std::int64_t begun = 0;  // in microseconds since 1970, by the server's clock
  bool operator==(const ServerProcess&) const = default;
};

class Unanswered {
 public:
  void add(ServerProcess process);
  // Ends them through another connection: what they were asked is then done or undone for good.
  // Errors: unavailable (one does not end), and those of the connection.
  Result<> end_all(storage::Connection& connection);

 private:
  Result<> end(storage::Connection& connection, const ServerProcess& process);

  std::atomic<bool> any_ = false;
  Guarded<std::vector<ServerProcess>> processes_;
};

// A statement for a new connection: its process, as number and begin.
extern const char* const own_process;

}  // namespace orrery::storage::postgres
