// Runs a program of PostgreSQL's (pg_dump, pg_restore) to its end.
//
// The address is handed over in the environment, where other users of the machine cannot read it.
#pragma once

#include <vector>

#include "storage/postgres/address.h"
#include "storage/statement.h"

namespace orrery::storage::postgres {

// The variables by which PostgreSQL's programs find the database.
std::vector<std::string> environment_of(const Address& address);

// Errors: unsupported (not installed), unavailable with its last words (it failed), timeout and
// cancelled (it was ended).
Result<> run_tool(const std::vector<std::string>& command, const Address& address,
                  const Patience& patience);

}  // namespace orrery::storage::postgres
