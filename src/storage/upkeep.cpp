#include "storage/upkeep.h"

#include <algorithm>
#include <filesystem>

#include "core/text.h"

namespace orrery::storage {
namespace {

namespace fs = std::filesystem;

Duration since(TimePoint begun) { return std::chrono::steady_clock::now() - begun; }

WallTime written_at(const fs::directory_entry& entry, std::error_code& error) {
  const auto at = std::chrono::file_clock::to_sys(entry.last_write_time(error));
  return std::chrono::time_point_cast<std::chrono::milliseconds>(at);
}

}  // namespace

template <class T>
Result<T> Upkeep::with(Access access, const Patience& patience,
                       const std::function<Result<T>(Connection&)>& work) {
  auto connection = backend_->connect(access, patience);
  if (!connection) return fail(std::move(connection).error());
  const Connection::Bound bound{**connection, patience};
  return work(**connection);
}

Result<Condition> Upkeep::condition(const Patience& patience) {
  return with<Condition>(
      Access::read_only, patience, [this](Connection& connection) -> Result<Condition> {
        const auto planned = plan(*backend_, connection, migrations());
        if (!planned) return fail(planned.error());
        const auto bytes = backend_->size(connection);
        if (!bytes) return fail(bytes.error());
        Condition found{.database = backend_->name(),
                        .version = planned->from,
                        .newest = planned->to,
                        .steps = {},
                        .bytes = *bytes};
        for (const auto& one : migrations())
          found.steps.push_back({one.number, std::string{one.name}, one.number <= planned->from});
        return found;
      });
}

// Where connecting makes a new database, looking after none does not.
Result<> Upkeep::check_exists(const Patience& patience) {
  auto connection = backend_->connect(Access::read_only, patience);
  return connection ? Result<>{} : Result<>{fail(std::move(connection).error())};
}

Result<Health> Upkeep::health(const Patience& patience) {
  if (auto there = check_exists(patience); !there) return fail(std::move(there).error());
  Health health{.database = backend_->name()};
  const auto begun = std::chrono::steady_clock::now();
  return with<Health>(Access::read_write, patience, [&](Connection& connection) -> Result<Health> {
    health.connected = since(begun);
    const auto asked = std::chrono::steady_clock::now();
    if (auto alive = connection.ping(); !alive) return fail(std::move(alive).error());
    health.answered = since(asked);
    const auto writing = std::chrono::steady_clock::now();
    if (auto written = backend_->probe(connection, Backend::Probe::room); !written)
      return fail(std::move(written).error());
    health.written = since(writing);
    return health;
  });
}

Result<std::vector<Difference>> Upkeep::validate(const Patience& patience) {
  using List = std::vector<Difference>;
  return with<List>(Access::read_only, patience, [this](Connection& connection) -> Result<List> {
    if (auto sound = backend_->check_thoroughly(connection); !sound)
      return fail(std::move(sound).error());
    const auto planned = plan(*backend_, connection, migrations());
    if (!planned) return fail(planned.error());
    if (planned->from != planned->to) {
      return List{{.what = fmt::format("it is at migration {}, this program's newest is {}",
                                       planned->from, planned->to),
                   .remedy = "orrery db migrate"}};
    }
    const auto found = backend_->describe(connection);
    if (!found) return fail(found.error());
    return differences(declared_model(), *found);
  });
}

Result<Migrated> Upkeep::migrate(const MigrateOptions& options, const Patience& patience) {
  return with<Migrated>(Access::read_write, patience, [&](Connection& connection) {
    return storage::migrate(*backend_, connection, migrations(), options, patience);
  });
}

Result<Migrated> Upkeep::roll_back(std::optional<int> to, const MigrateOptions& options,
                                   const Patience& patience) {
  if (auto there = check_exists(patience); !there) return fail(std::move(there).error());
  return with<Migrated>(
      Access::read_write, patience, [&](Connection& connection) -> Result<Migrated> {
        if (auto alone = backend_->lock_out_bots(connection); !alone)
          return fail(std::move(alone).error());
        const auto planned = plan(*backend_, connection, migrations());
        if (!planned) return fail(planned.error());
        return storage::roll_back(*backend_, connection, migrations(),
                                  to.value_or(planned->from - 1), options, patience);
      });
}

Result<std::string> Upkeep::dry_run(const Patience& patience) {
  const auto found = condition(patience);
  // What is not there yet needs everything.
  if (!found && found.error().kind() != ErrorKind::not_found) return fail(found.error());
  const int from = found ? found->version : 0;
  std::string text;
  for (const auto& one : migrations()) {
    if (one.number <= from) continue;
    text += fmt::format("-- migration {} ({})\n{}", one.number, one.name,
                        render(one.forward, backend_->dialect()));
  }
  return text;
}

Result<int> Upkeep::version(const Patience& patience) {
  return with<int>(Access::read_only, patience, [this](Connection& connection) -> Result<int> {
    const auto planned = plan(*backend_, connection, migrations());
    return planned ? Result<int>{planned->from} : fail(planned.error());
  });
}

namespace {

Result<> check_new_copy(const std::string& file) {
  std::error_code error;
  if (file.empty()) return fail(ErrorKind::invalid, "a copy needs the name of a file");
  if (fs::exists(file, error)) {
    Error there{ErrorKind::conflict, fmt::format("{} exists already", file)};
    return fail(std::move(there).remedy("name another file"));
  }
  const auto folder = fs::absolute(file, error).parent_path();
  if (fs::is_directory(folder, error)) return {};
  Error missing{ErrorKind::not_found, fmt::format("there is no folder {}", folder.string())};
  return fail(std::move(missing).remedy("make it, or name another file"));
}

}  // namespace

Result<std::string> Upkeep::back_up(std::optional<std::string> file, const Patience& patience) {
  if (file) {
    if (auto good = check_new_copy(*file); !good) return fail(std::move(good).error());
  }
  // A newer or strange one is worth a copy, too; only its version is not known.
  const auto at = version(patience);
  if (!at && at.error().kind() != ErrorKind::corrupt) return fail(at.error());
  if (at && *at == 0 && backend_->dialect() == Dialect::postgres) {
    Error empty{ErrorKind::not_found, backend_->name() + " holds nothing of ours yet"};
    return fail(std::move(empty).remedy("the first start makes our tables, or: orrery db migrate"));
  }
  if (!file) {
    auto fresh = backup_file(*backend_, backups_, at.value_or(0), Purpose::asked_for);
    if (!fresh) return fresh;
    file = std::move(*fresh);
  }
  if (auto done = backend_->back_up(*file, patience); !done) return fail(std::move(done).error());
  return *file;
}

// A SQLite file is ours whole; of a PostgreSQL database, which others may use, only our tables are.
bool Upkeep::is_worth_a_copy(const Model& found) const {
  if (backend_->dialect() == Dialect::sqlite) return !found.empty();
  return std::ranges::any_of(found, [](const Table& table) {
    return std::ranges::find(declared_model(), table.name, &Table::name) !=
           std::ranges::end(declared_model());
  });
}

// A copy of whatever is there, also if it is strange; the name of none if nothing is. What is
// damaged cannot always be copied; that must not keep a good copy out.
Result<std::string> Upkeep::copy_before(const Patience& patience) {
  auto connection = backend_->connect(Access::read_only, patience);
  if (!connection && connection.error().kind() == ErrorKind::not_found) return std::string{};
  const bool damaged = !connection && connection.error().kind() == ErrorKind::corrupt;
  if (!connection && !damaged) return fail(std::move(connection).error());
  const auto found =
      damaged ? Result<Model>{fail(ErrorKind::corrupt, "")} : backend_->describe(**connection);
  if (found && !is_worth_a_copy(*found)) return std::string{};
  if (!found && found.error().kind() != ErrorKind::corrupt) return fail(found.error());
  auto before =
      backup_file(*backend_, backups_, version(patience).value_or(0), Purpose::before_change);
  if (!before) return before;
  auto copied = backend_->back_up(*before, patience);
  if (copied) return before;
  if (copied.error().kind() == ErrorKind::corrupt) return std::string{};
  return fail(std::move(copied).error().with("copying what is there now"));
}

Result<> Upkeep::examine(const std::string& file, const Patience& patience) {
  return backend_->examine(file, known_to(*backend_, migrations()), patience);
}

Result<Upkeep::Restored> Upkeep::restore(const std::string& file, const Patience& patience) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    const bool folder = fs::is_directory(file, error);
    Error missing{ErrorKind::not_found,
                  folder ? file + " is a folder, and no copy" : "there is no file " + file};
    return fail(std::move(missing).remedy("orrery db backup makes one; those made so far are in " +
                                          backups_));
  }
  // Held while the copy is put in its place; what is no database has nobody on it.
  auto alone = backend_->connect(Access::read_only, patience);
  if (alone) {
    const Connection::Bound bound{**alone, patience};
    if (auto locked = backend_->lock_out_bots(**alone); !locked)
      return fail(std::move(locked).error());
  }
  auto before = copy_before(patience);
  if (!before) return fail(std::move(before).error());
  auto moved = backend_->restore(file, known_to(*backend_, migrations()), patience);
  if (!moved) return fail(std::move(moved).error());
  prune_backups(*backend_, backups_, keep_);
  auto at = version(patience);
  if (!at) return fail(std::move(at).error().with("looking at what was put back"));
  return Restored{.before = before->empty() ? std::move(*moved) : std::move(*before),
                  .version = *at};
}

std::vector<Backup> Upkeep::backups() const {
  std::vector<Backup> list;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{backups_, error}) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(fmt::format(".{}", backend_->extension()))) continue;
    list.push_back({.file = name,
                    .bytes = static_cast<std::int64_t>(entry.file_size(error)),
                    .made = written_at(entry, error),
                    .automatic = name.find("-auto.") != std::string::npos});
  }
  std::ranges::sort(list, std::greater{}, &Backup::file);
  return list;
}

Result<std::string> Upkeep::find_backup(const std::string& name) const {
  std::error_code error;
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos)
    return fail(ErrorKind::invalid, "'{}' is not the name of a backup", printable(name));
  auto file = backups_ + "/" + name;
  if (!fs::is_regular_file(file, error))
    return fail(ErrorKind::not_found, "there is no backup '{}'", printable(name));
  return file;
}

}  // namespace orrery::storage
