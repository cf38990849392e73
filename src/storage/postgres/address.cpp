#include "storage/postgres/address.h"

#include "core/text.h"
#include "storage/postgres/libpq.h"

namespace orrery::storage::postgres {

// Hosts and ports are lists, with commas.
std::string Address::shown() const {
  const auto hosts = split(host, ',');
  const auto ports = split(port, ',');
  std::vector<std::string> places;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto which = ports[i < ports.size() ? i : 0];
    const bool numbers = hosts[i].find(':') != std::string_view::npos;  // an address of IPv6
    places.push_back(fmt::format("{}{}{}:{}", numbers ? "[" : "", hosts[i], numbers ? "]" : "",
                                 which.empty() ? "5432" : which));
  }
  return fmt::format("PostgreSQL on {}/{}", join(places, ", "), name);
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
