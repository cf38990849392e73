#include "storage/postgres/address.h"

#include "storage/postgres/libpq.h"

namespace orrery::storage::postgres {

std::string Address::shown() const {
  return fmt::format("PostgreSQL on {}:{}/{}", host, port, name);
}

Result<Address> parse_address(const std::string& url) {
  const auto pq = libpq();
  if (!pq) return fail(pq.error());
  char* reason = nullptr;
  PQconninfoOption* options = (*pq)->parse(url.c_str(), &reason);
  if (options == nullptr) {
    (*pq)->free_memory(reason);  // not shown: it may repeat the password
    Error wrong{ErrorKind::invalid, "database.url is no PostgreSQL address that can be understood"};
    return fail(std::move(wrong).remedy(
        "write postgresql://USER:PASSWORD@HOST:PORT/NAME, with % signs for special characters"));
  }
  std::map<std::string, std::string> given;
  std::map<std::string, Secret> environment;
  for (const auto* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    given[option->keyword] = option->val;
    if (option->envvar != nullptr) environment.emplace(option->envvar, Secret{option->val});
  }
  (*pq)->free_options(options);
  const auto get = [&](const char* keyword, const char* otherwise) {
    const auto at = given.find(keyword);
    return at == given.end() || at->second.empty() ? std::string{otherwise} : at->second;
  };
  const auto user = get("user", "");
  return Address{.url = Secret{url},
                 .host = get("host", get("hostaddr", "localhost").c_str()),
                 .port = get("port", "5432"),
                 .user = user,
                 .name = get("dbname", user.c_str()),
                 .environment = std::move(environment)};
}

}  // namespace orrery::storage::postgres
