// Brings an SQLite file to the newest migration, each in a transaction of its own.
#pragma once

#include "storage/migrations.h"
#include "storage/sqlite/connection.h"

namespace orrery::storage::sqlite {

struct Migrated {
  int from = 0;
  int to = 0;
};

// Errors: corrupt (damaged, newer than this program, or a migration that ran was edited), and those
// of the connection. What was applied before an error stays applied; nothing is ever half applied.
Result<Migrated> migrate(Connection& connection, std::span<const Migration> migrations);

// What migrate would do, without doing it. Errors: as migrate.
Result<Migrated> plan(Connection& connection, std::span<const Migration> migrations);

}  // namespace orrery::storage::sqlite
