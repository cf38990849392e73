// The history as a part of the runtime: hears every message, hands what passed to the database each
// second and at the end, and forgets what is older than the retention. Degradable.
#pragma once

#include "lifecycle/component.h"
#include "records/history.h"
#include "storage/database_component.h"

namespace orrery::records {

class HistoryComponent final : public lifecycle::Component {
 public:
  struct Options {
    bool enabled = false;
    Duration keep{};
  };
  HistoryComponent(storage::DatabaseComponent& database, const std::function<Options()>& options)
      : options_{options()}, history_{database.database()} {}

  Task<> start(lifecycle::Context context) override;
  Task<> stop(lifecycle::Context context, lifecycle::Outcome start) override;

  // Nothing if the history is not enabled.
  chat::Recorder* recorder() { return options_.enabled ? &recorder_ : nullptr; }
  StoredHistory& history() { return history_; }

 private:
  Task<> run(lifecycle::Context context, async::StopToken token);
  Task<> forget(async::Clock& clock, async::StopToken token);

  const Options options_;
  StoredHistory history_;
  chat::Recorder recorder_;
};

}  // namespace orrery::records
