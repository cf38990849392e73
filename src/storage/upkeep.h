// What an operator does with a database: look at it, migrate it, copy it, put a copy back.
//
// For the command line, where no bot need be running, and for the dashboard.
//
// Threads   one at a time; everything blocks.
#pragma once

#include "storage/copies.h"
#include "storage/migrator.h"

namespace orrery::storage {

struct Condition {
  struct Step {
    int number;
    std::string name;
    bool applied;
  };
  std::string database;
  int version = 0;  // the last migration that ran
  int newest = 0;   // that this program knows
  std::vector<Step> steps;
  std::int64_t bytes = 0;
};

struct Health {
  std::string database;
  Duration connected{};  // how long it took to get in
  Duration answered{};   // to answer a question
  Duration written{};    // to take a change
};

struct Backup {
  std::string file;  // its name in the folder
  std::int64_t bytes = 0;
  WallTime made{};
  bool automatic = false;
};

class Upkeep {
 public:
  // Copies go to `backups` when no other place is named.
  Upkeep(std::unique_ptr<Backend> backend, std::string backups, std::size_t keep)
      : backend_{std::move(backend)}, backups_{std::move(backups)}, keep_{keep} {}

  // Errors, here and below: those of Backend; not_found where nothing has been made yet.
  Result<Condition> condition(const Patience& patience);
  Result<Health> health(const Patience& patience);
  // Damage is an error, what differs from the declared model is the answer.
  Result<std::vector<Difference>> validate(const Patience& patience);
  Result<Migrated> migrate(const MigrateOptions& options, const Patience& patience);
  // Errors: and those of roll_back.
  Result<Migrated> roll_back(std::optional<int> to, const MigrateOptions& options,
                             const Patience& patience);
  // The SQL that `migrate` would run, with a heading for each step.
  Result<std::string> dry_run(const Patience& patience);
  // Returns the file: the one named, or a new one in the folder.
  // Errors: and conflict (the file exists).
  Result<std::string> back_up(std::optional<std::string> file, const Patience& patience);
  // Whether the copy can be put back, as far as can be told without trying.
  // Errors: invalid, not_found (no such file).
  Result<> examine(const std::string& file, const Patience& patience);
  struct Restored {
    std::string before;  // the copy of what was there until now, or that itself if it was too
                         // damaged for a copy; empty: there was nothing
    int version = 0;
  };
  // Errors: and not_found (no such file), conflict (a bot uses the database), invalid (no copy that
  // fits this program); nothing has changed then.
  Result<Restored> restore(const std::string& file, const Patience& patience);

  std::vector<Backup> backups() const;
  // Where a backup of that name is. Errors: invalid (a name that leads elsewhere), not_found.
  Result<std::string> find_backup(const std::string& name) const;
  Backend& backend() { return *backend_; }

 private:
  template <class T>
  Result<T> with(Access access, const Patience& patience,
                 const std::function<Result<T>(Connection&)>& work);
  Result<int> version(const Patience& patience);
  Result<> check_exists(const Patience& patience);
  bool is_worth_a_copy(const Model& found) const;
  Result<std::string> copy_before(const Patience& patience);

  const std::unique_ptr<Backend> backend_;
  const std::string backups_;
  const std::size_t keep_;
};

}  // namespace orrery::storage
