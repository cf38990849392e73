// PostgreSQL as a backend.
//
// Backups are made with pg_dump and put back with pg_restore, where they are installed; there is no
// other way to copy a PostgreSQL database as it is at one instant.
#pragma once

#include "storage/backend.h"
#include "storage/postgres/address.h"
#include "storage/postgres/names.h"
#include "storage/postgres/unanswered.h"

namespace orrery::storage::postgres {

class Backend final : public storage::Backend {
 public:
  Backend(Address address, Duration connect_timeout, Presence presence)
      : address_{std::move(address)},
        name_{address_.shown()},
        connect_timeout_{connect_timeout},
        presence_{presence} {}

  const std::string& name() const override { return name_; }
  Dialect dialect() const override { return Dialect::postgres; }
  bool one_writer() const override { return false; }
  Result<std::unique_ptr<Connection>> connect(Access access, const Patience& patience) override;
  Result<> settle(Connection& connection) override { return unanswered_.end_all(connection); }
  Result<> check(Connection&) override { return {}; }  // the server's own business
  Result<> check_thoroughly(Connection&) override { return {}; }
  Result<> lock_migrations(Connection& connection, const Patience& patience,
                           const Tell& tell) override;
  void unlock_migrations(Connection& connection) override;
  Result<> lock_out_bots(Connection& connection) override;
  Result<> probe(Connection& connection, Probe probe) override;
  Result<> may_migrate(storage::Connection& connection) override;
  Result<Model> describe(Connection& connection) override;
  Result<std::int64_t> size(Connection& connection) override;
  std::string_view extension() const override { return "dump"; }
  Result<> back_up(const std::string& file, const Patience& patience) override;
  Result<> examine(const std::string& file, std::span<const Known> known,
                   const Patience& patience) override;
  Result<std::string> restore(const std::string& file, std::span<const Known> known,
                              const Patience& patience) override;
  Shell shell() const override;

 private:
  const Address address_;
  const std::string name_;
  const Duration connect_timeout_;
  const Presence presence_;
  Names names_;
  Unanswered unanswered_;
};

}  // namespace orrery::storage::postgres
