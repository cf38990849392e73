// Where a PostgreSQL database is and how to get in: a postgresql:// URL, taken apart.
#pragma once

#include <map>
#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace orrery::storage::postgres {

struct Address {
  Secret url;
  std::string host;  // "127.0.0.1"; a folder when it is a local socket
  std::string port;
  std::string user;
  std::string name;  // of the database
  // What the URL says, by the variables in which PostgreSQL's programs look for it.
  std::map<std::string, Secret> environment;

  // "PostgreSQL on 127.0.0.1:5432/bot"
  std::string shown() const;
};

// What is missing is libpq's default. Errors: invalid (not such a URL), unsupported (no libpq).
Result<Address> parse_address(const std::string& url);

}  // namespace orrery::storage::postgres
