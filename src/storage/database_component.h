// The database as a part of the runtime: opened, migrated, watched, and closed last.
//
// Which one, is asked at the moment this is made, so a mended URL counts at the next retry. A
// database that goes away later does not take the runtime down: it is shown as degraded with the
// reason and the remedy, and serves again when it comes back.
#pragma once

#include "lifecycle/component.h"
#include "storage/database.h"
#include "storage/restoration.h"

namespace orrery::storage {

class DatabaseComponent final : public lifecycle::Component {
 public:
  struct Options {
    BackendOptions backend;
    DatabaseOptions database;
  };

  // The journal, the numbers and the restoration outlive this.
  DatabaseComponent(const std::function<Options()>& options, Journal& journal,
                    DatabaseNumbers& numbers, Restoration& restoration)
      : options_{options()}, journal_{journal}, numbers_{numbers}, restoration_{restoration} {}

  // Errors: those of make_backend and Database::open.
  Task<> start(lifecycle::Context context) override;
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

  // Valid between start and stop.
  Database& database() { return *database_; }

 private:
  // Puts a copy in its place, if somebody has asked for that; they are told what came of it.
  asio::awaitable<void> restore(lifecycle::Context context);
  Task<Migrated> open(lifecycle::Context context);
  Task<> watch(lifecycle::Context context, async::StopToken token);
  void tell(const lifecycle::Context& context, const std::optional<Error>& trouble);

  const Options options_;
  Journal& journal_;
  DatabaseNumbers& numbers_;
  Restoration& restoration_;
  std::unique_ptr<Database> database_;
  std::string told_;  // the trouble that is shown just now
  TimePoint trouble_since_{};
};

}  // namespace orrery::storage
