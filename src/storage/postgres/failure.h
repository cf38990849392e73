// What a failure of PostgreSQL's means, by its SQLSTATE, and what to do about it.
//
// Source    https://www.postgresql.org/docs/15/errcodes-appendix.html
#pragma once

#include "storage/postgres/address.h"

namespace orrery::storage::postgres {

ErrorKind kind_of(std::string_view state);
std::string remedy_of(std::string_view state, const Address& address);
// The transaction lost against another one, and may go through when tried again.
bool is_collision(std::string_view state);
// The server has ended this connection, or is about to.
bool ends_connection(std::string_view state);

// Why a connection could not be made: from libpq's text, in which the server's own words come with
// their SQLSTATE (verbose errors).
Error connect_failure(const std::string& text, const Address& address);

}  // namespace orrery::storage::postgres
