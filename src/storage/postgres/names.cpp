#include "storage/postgres/names.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netdb.h>

#include "async/thread.h"
#include "core/text.h"
#include "core/utf8.h"

namespace orrery::storage::postgres {
namespace {

constexpr auto look_up = std::chrono::milliseconds{10};  // how often a wait hears its stop token

struct Lookup {
  std::optional<Result<Addresses>> answer;
};

struct Freed {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Error failure_of(const std::string& name, int code) {
  if (code == EAI_NONAME || code == EAI_NODATA)
    return {ErrorKind::not_found, fmt::format("no address is known for '{}'", printable(name))};
  const auto* why = code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code);
  return {ErrorKind::unavailable,
          fmt::format("the address of '{}' could not be found: {}", printable(name), why)};
}

std::string shown(const addrinfo& one) {
  std::string text(NI_MAXHOST, '\0');
  const auto code = ::getnameinfo(one.ai_addr, one.ai_addrlen, text.data(),
                                  static_cast<socklen_t>(text.size()), nullptr, 0, NI_NUMERICHOST);
  return code == 0 ? std::string{text.c_str()} : std::string{};
}

Result<Addresses> ask_the_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw); code != 0)
    return fail(failure_of(name, code));
  const std::unique_ptr<addrinfo, Freed> list{raw};
  Addresses addresses;
  for (const auto* one = list.get(); one != nullptr; one = one->ai_next) {
    auto text = shown(*one);
    if (!text.empty()) addresses.push_back(std::move(text));
  }
  if (addresses.empty()) return fail(failure_of(name, EAI_NONAME));
  return addresses;
}

// Not an address in numbers, nor the folder of a local socket.
bool is_name(const std::string& host) {
  in6_addr room{};
  return !host.empty() && host.front() != '/' && host.front() != '@' &&
         ::inet_pton(AF_INET, host.c_str(), &room) != 1 &&
         ::inet_pton(AF_INET6, host.c_str(), &room) != 1;
}

Error cannot_be_reached(const Address& address, const Error& why) {
  Error error{ErrorKind::unavailable,
              fmt::format("{} cannot be reached: {}", address.shown(), why.text())};
  return std::move(error).remedy(
      why.kind() == ErrorKind::not_found
          ? "check the host in database.url; the name server does not know it"
          : "see whether the name server answers (/etc/resolv.conf), or write the host's address "
            "into database.url");
}

}  // namespace

struct Names::Pending : std::enable_shared_from_this<Pending> {
  std::mutex mutex;
  std::condition_variable answered;
  std::map<std::string, std::shared_ptr<Lookup>> lookups;  // guarded by mutex, as are they

  // Requires: the lock is held. Errors: unavailable (the system gives no thread).
  Result<std::shared_ptr<Lookup>> find(const std::string& name, const Ask& ask);
  void answer(const std::string& name, Result<Addresses> found);
};

Result<std::shared_ptr<Lookup>> Names::Pending::find(const std::string& name, const Ask& ask) {
  if (const auto at = lookups.find(name); at != lookups.end()) return at->second;
  try {
    auto work = [self = shared_from_this(), ask, name](const std::stop_token&) {
      self->answer(name, ask(name));
    };
    async::named_thread("name lookup", std::move(work)).detach();
  } catch (const std::system_error& error) {
    return fail(ErrorKind::unavailable, "no thread for looking up '{}': {}", printable(name),
                error.code().message());
  }
  return lookups[name] = std::make_shared<Lookup>();
}

void Names::Pending::answer(const std::string& name, Result<Addresses> found) {
  {
    const std::lock_guard lock{mutex};
    lookups.extract(name).mapped()->answer = std::move(found);
  }
  answered.notify_all();
}

Names::Names() : Names{ask_the_system} {}
Names::Names(Ask ask) : ask_{std::move(ask)}, pending_{std::make_shared<Pending>()} {}

Result<Addresses> Names::addresses_of(const std::string& name, const Patience& patience) {
  std::unique_lock lock{pending_->mutex};
  const auto lookup = pending_->find(name, ask_);
  if (!lookup) return fail(lookup.error());
  while (!(*lookup)->answer) {
    if (patience.token.requested())
      return fail(ErrorKind::cancelled, "looking up '{}' was called off", printable(name));
    if (patience.over())
      return fail(ErrorKind::unavailable, "the name server did not say in time where '{}' is",
                  printable(name));
    pending_->answered.wait_for(lock, look_up);
  }
  return *(*lookup)->answer;
}

namespace {

// The three lists while they grow.
struct Growing {
  std::vector<std::string> hosts, addresses, ports;
  void add(const std::string& host, std::string address, std::string_view port) {
    hosts.push_back(host);
    addresses.push_back(std::move(address));
    ports.emplace_back(port);
  }
};

// What libpq cannot ask the name server for, it does not get: the number of ports must fit, and the
// addresses must not be given already.
bool wants_lookup(const Address& address, std::span<const std::string> hosts, std::size_t ports) {
  return address.environment.contains("PGHOST") && !address.environment.contains("PGHOSTADDR") &&
         (ports == 1 || ports == hosts.size()) && std::ranges::any_of(hosts, is_name);
}

// A host that cannot be found leaves time for the others.
TimePoint share_of(TimePoint deadline, std::size_t hosts) {
  const auto now = std::chrono::steady_clock::now();
  return now + (deadline - now) / static_cast<std::int64_t>(hosts);
}

}  // namespace

Result<Places> places_of(const Address& address, Names& names, const Patience& patience) {
  std::vector<std::string> hosts;
  for (const auto host : split(address.host, ',')) hosts.emplace_back(host);
  const auto ports = split(address.port, ',');
  if (!wants_lookup(address, hosts, ports.size())) return Places{};
  Growing places;
  std::optional<Error> missing;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const Patience share{share_of(patience.deadline, hosts.size() - i), patience.token};
    auto found = is_name(hosts[i]) ? names.addresses_of(hosts[i], share) : Addresses{""};
    if (!found && found.error().kind() == ErrorKind::cancelled) return fail(found.error());
    if (!found) missing = found.error();
    for (auto& one : found ? *found : Addresses{})
      places.add(hosts[i], std::move(one), ports[ports.size() == 1 ? 0 : i]);
  }
  if (places.hosts.empty()) return fail(cannot_be_reached(address, *missing));
  const bool chosen = address.environment.contains("PGPORT");
  return Places{join(places.hosts, ","), join(places.addresses, ","),
                chosen ? join(places.ports, ",") : std::string{}};
}

}  // namespace orrery::storage::postgres
