// Brings a database to the newest migration, or back, each step in a transaction of its own.
//
// Two programs never apply the same step: whoever comes second waits, then finds it done. A kill at
// any instant leaves whole steps; the next start goes on from there.
#pragma once

#include "storage/backend.h"
#include "storage/migrations.h"

namespace orrery::storage {

struct MigrateOptions {
  // Where a copy is put before the first change to a database that holds something; empty: none is
  // made.
  std::string backups;
  std::size_t keep = 10;  // of those copies; the oldest go
  // Told what is about to be done, on the thread that does it.
  std::function<void(const std::string&)> progress{};
};

struct Migrated {
  int from = 0;
  int to = 0;
  std::string backup{};  // the copy that was made before, if one was
};

// Errors: corrupt (damaged, newer than this program, or a migration that ran was edited),
// unsupported (no copy can be made), and those of the connection. What was applied before an error
// stays applied; nothing is ever half applied.
Result<Migrated> migrate(Backend& backend, Connection& connection,
                         std::span<const Migration> migrations, const MigrateOptions& options,
                         const Patience& patience);

// Takes back every migration above `to`, newest first.
// Errors: as migrate, and invalid (there is nothing above `to`, or no such migration).
Result<Migrated> roll_back(Backend& backend, Connection& connection,
                           std::span<const Migration> migrations, int to,
                           const MigrateOptions& options, const Patience& patience);

// The migrations as a database remembers them.
std::vector<Known> known_to(const Backend& backend, std::span<const Migration> migrations);

// What migrate would do, without doing it. Errors: as migrate.
Result<Migrated> plan(Backend& backend, Connection& connection,
                      std::span<const Migration> migrations);

}  // namespace orrery::storage
