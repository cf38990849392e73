// The schedule as a part of the runtime: runs the jobs that are due. Degradable.
#pragma once

#include "lifecycle/component.h"
#include "records/schedule.h"
#include "storage/database_component.h"

namespace orrery::records {

class ScheduleComponent final : public lifecycle::Component {
 public:
  ScheduleComponent(storage::DatabaseComponent& database, async::Clock& clock, Journal& journal)
      : records_{database.database()}, schedule_{records_, {clock, journal, wall_now}} {}

  Task<> start(lifecycle::Context context) override {
    context.doing("loading the jobs");
    auto loading = schedule_.load({context.deadline(), context.token()});
    auto loaded = co_await std::move(loading);
    if (!loaded) co_return loaded;
    const auto spawn = [&scope = context.scope()](std::string task, asio::awaitable<void> body) {
      scope.spawn(std::move(task), std::move(body));
    };
    context.supervise("jobs", {}, [this, spawn](async::StopToken token) {
      return schedule_.run(spawn, std::move(token));
    });
    co_return Result<>{};
  }

  chat::Schedule& schedule() { return schedule_; }

 private:
  StoredSchedule records_;
  chat::Schedule schedule_;
};

}  // namespace orrery::records
