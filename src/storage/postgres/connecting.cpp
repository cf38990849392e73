// The way to a connection: from an address to one that is at home, and known there.
#include <thread>

#include <poll.h>

#include "storage/postgres/connection.h"
#include "storage/postgres/failure.h"
#include "storage/postgres/locks.h"

namespace orrery::storage::postgres {

using namespace std::chrono_literals;

namespace {

constexpr Duration gone_by = 2s;  // who has just gone may not be gone for the server yet

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

Connection::Connection(const Libpq& pq, PGconn* handle, const Way& way)
    : pq_{pq}, handle_{handle}, address_{way.address}, unanswered_{way.unanswered} {}

Connection::~Connection() { pq_.finish(handle_); }

Result<std::unique_ptr<Connection>> Connection::open(const Way& way, const Patience& patience) {
  const auto pq = libpq();
  if (!pq) return fail(pq.error());
  // What comes before dbname may be said otherwise in the URL; what comes after it, and is not
  // empty, counts more. The user timeout bounds how long a machine that has vanished holds us.
  const char* const keywords[] = {"fallback_application_name",
                                  "tcp_user_timeout",
                                  "dbname",
                                  "client_encoding",
                                  "host",
                                  "hostaddr",
                                  "port",
                                  nullptr};
  const char* const values[] = {"orrery",
                                "3000",
                                way.address.url.reveal().c_str(),
                                "UTF8",
                                way.places.hosts.c_str(),
                                way.places.addresses.c_str(),
                                way.places.ports.c_str(),
                                nullptr};
  PGconn* handle = (*pq)->connect_start(keywords, values, 1);
  if (handle == nullptr) return fail(ErrorKind::limited, "no memory for a database connection");
  std::unique_ptr<Connection> connection{new Connection{**pq, handle, way}};
  if (auto met = connection->shake_hands(way.until, patience); !met)
    return fail(std::move(met).error());
  const Bound bound{*connection, patience};
  auto ready = connection->check_encoding();
  if (ready) ready = connection->settle_in(way.access);
  if (ready && way.presence == Presence::announced) ready = connection->announce();
  if (!ready) return fail(std::move(ready).error());
  return connection;
}

Result<> Connection::shake_hands(TimePoint deadline, const Patience& patience) {
  pq_.set_verbosity(handle_, PQERRORS_VERBOSE);  // so that the reason comes with its SQLSTATE
  pq_.set_notice_receiver(handle_, [](void*, const PGresult*) {}, nullptr);
  if (pq_.status(handle_) == CONNECTION_BAD)
    return fail(connect_failure(pq_.error_message(handle_), address_));
  auto wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    if (wanted == PGRES_POLLING_FAILED)
      return fail(connect_failure(pq_.error_message(handle_), address_));
    if (patience.token.requested())
      return fail(ErrorKind::cancelled, "connecting to {} was called off", address_.shown());
    if (now() >= deadline) {
      Error silent{ErrorKind::unavailable, address_.shown() + " did not answer in time"};
      return fail(std::move(silent).remedy("see whether the server is overloaded or unreachable"));
    }
    pollfd socket{.fd = pq_.socket(handle_),
                  .events = static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                  .revents = 0};
    if (::poll(&socket, 1, static_cast<int>(look_up.count())) > 0)
      wanted = pq_.connect_poll(handle_);
  }
  pq_.set_nonblocking(handle_, 1);
  return {};
}

// Any other one lacks letters that people write, or takes bytes that are none.
Result<> Connection::check_encoding() {
  const char* encoding = pq_.parameter_status(handle_, "server_encoding");
  if (encoding == nullptr || std::string_view{encoding} == "UTF8") return {};
  Error other{ErrorKind::unsupported,
              fmt::format("{} is encoded in {}; it must be UTF8", address_.shown(), encoding)};
  return fail(
      std::move(other).remedy(fmt::format("make another one: createdb -E UTF8 -T template0 -h {} "
                                          "-p {} -U {} NAME, and set database.url",
                                          address_.host, address_.port, address_.user)));
}

Result<> Connection::settle_in(Access access) {
  return script(fmt::format(
      "SET default_transaction_isolation = 'serializable'; "
      "SET default_transaction_read_only = {}; "
      "SET bytea_output = 'hex'; "
      "SET idle_in_transaction_session_timeout = '60s'",  // if we should vanish in the middle
      access == Access::read_only ? "on" : "off"));
}

// While this connection lives, nobody puts another database in the place of this one.
Result<> Connection::announce() {
  const auto until = now() + gone_by;
  do {
    auto rows = run({"SELECT pg_try_advisory_lock_shared($1)", {in_use_lock}});
    if (!rows) return fail(std::move(rows).error());
    if (rows->front().integer(0) != 0) return learn_process();
    std::this_thread::sleep_for(20ms);
  } while (now() < until && !out_of_patience());
  Error busy{
      ErrorKind::unavailable,
      fmt::format("{} is being restored or taken back by another program", address_.shown())};
  return fail(std::move(busy).remedy("wait until that has finished"));
}

// A pooler in between may hide it: then there is none.
Result<> Connection::learn_process() {
  const auto rows = run({own_process, {}});
  if (!rows) return fail(rows.error());
  if (!rows->empty()) process_ = {rows->front().integer(0), rows->front().integer(1)};
  return {};
}

}  // namespace orrery::storage::postgres
