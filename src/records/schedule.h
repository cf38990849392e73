// The jobs of the schedule in the database.
//
// Threads   any one strand.
#pragma once

#include "chat/schedule.h"
#include "storage/database.h"

namespace orrery::records {

class StoredSchedule final : public chat::ScheduleRecords {
 public:
  // The database outlives this.
  explicit StoredSchedule(storage::Database& database) : database_{database} {}
  Task<std::vector<chat::Job>> load(storage::Patience patience) override;
  Task<> keep(chat::Job job, storage::Patience patience) override;
  Task<> remove(std::string plugin, std::string name, storage::Patience patience) override;

 private:
  storage::Database& database_;
};

}  // namespace orrery::records
