// Host names, looked up with a deadline: libpq itself would block for as long as the name server
// likes.
//
// Nothing ends a lookup that has begun. Each runs on a thread of its own, which is left behind when
// nobody waits for it any more, until the system's own resolver gives up; whoever asks for the same
// name meanwhile waits for the same lookup, so that at most one thread for each name is left.
//
// Threads   any; the asking thread blocks.
// Lifetime  what is left behind holds on to nothing of its asker's.
// Source    https://man7.org/linux/man-pages/man3/getaddrinfo.3.html
#pragma once

#include <functional>
#include <memory>

#include "async/patience.h"
#include "storage/postgres/address.h"

namespace orrery::storage::postgres {

using async::Patience;

using Addresses = std::vector<std::string>;  // "::1", "127.0.0.1": in the order to try them

class Names {
 public:
  using Ask = std::function<Result<Addresses>(const std::string& name)>;

  Names();  // asks the system
  explicit Names(Ask ask);

  // Errors: not_found (nobody knows the name), unavailable (no answer in time), cancelled.
  Result<Addresses> addresses_of(const std::string& name, const Patience& patience);

 private:
  struct Pending;
  const Ask ask_;
  const std::shared_ptr<Pending> pending_;
};

// Where to connect to, as libpq takes it: three lists with commas, whose parts belong together and
// are tried one after the other. All are empty where nothing need be looked up.
struct Places {
  std::string hosts;
  std::string addresses;
  std::string ports;
};

// Errors: unavailable (none of the hosts has an address, or the name server did not answer in
// time), cancelled.
Result<Places> places_of(const Address& address, Names& names, const Patience& patience);

}  // namespace orrery::storage::postgres
