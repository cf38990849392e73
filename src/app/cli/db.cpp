// db: looking after the database, whether a bot runs or not.
#include <cstdio>
#include <filesystem>

#include <boost/json.hpp>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/data_folder.h"
#include "app/database_options.h"
#include "app/stop_signals.h"
#include "storage/upkeep.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;
using storage::Difference;
using storage::Upkeep;

// What a command has to say: lines for people, or a value for programs.
struct Said {
  std::string text;
  json::value value;
  bool good = true;
};

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{} KB", bytes / 1000);
  return fmt::format("{} MB", bytes / 1'000'000);
}

class Caretaker {
 public:
  Caretaker(const Common& common, const Db& options, config::Settings settings,
            std::unique_ptr<storage::Backend> backend, async::StopToken token)
      : common_{common},
        options_{options},
        token_{std::move(token)},
        folder_{data_folder(common.data)},
        database_{database_options_of(settings, folder_)},
        upkeep_{std::move(backend), backups_folder(folder_), database_.database.migrate.keep} {}

  Result<Said> run() {
    switch (options_.what) {
      case Db::Do::status:
        return status();
      case Db::Do::health:
        return health();
      case Db::Do::migrate:
        return migrate();
      case Db::Do::rollback:
        return rollback();
      case Db::Do::validate:
        return validate();
      case Db::Do::backup:
        return backup();
      case Db::Do::restore:
        return restore();
      case Db::Do::shell:
        return shell();
    }
    std::unreachable();
  }

 private:
  storage::Patience patience() const {
    return {std::chrono::steady_clock::now() + options_.timeout, token_};
  }

  // Held while the database is changed under the feet of whoever uses it.
  Result<FolderLock> alone() const {
    auto lock = FolderLock::take(folder_);
    if (lock || lock.error().kind() != ErrorKind::conflict) return lock;
    return fail(std::move(lock).error().remedy(
        "stop the bot first (orrery stop), or use the page Database of its dashboard"));
  }

  storage::MigrateOptions migrate_options() const {
    auto options = database_.database.migrate;
    if (!common_.json) {
      options.progress = [](const std::string& what) {
        std::fprintf(stderr, "%s …\n", what.c_str());
      };
    }
    return options;
  }

  Result<Said> status() {
    const auto found = upkeep_.condition(patience());
    if (!found) return fail(found.error());
    Said said{.text = fmt::format("{}, {}, migration {} of {}\n", found->database,
                                  human_bytes(found->bytes), found->version, found->newest),
              .value = nullptr};
    json::array steps;
    for (const auto& step : found->steps) {
      said.text += fmt::format("  {} {:>4} {}\n", step.applied ? "done   " : "pending", step.number,
                               step.name);
      steps.push_back({{"number", step.number}, {"name", step.name}, {"applied", step.applied}});
    }
    json::array backups;
    for (const auto& one : upkeep_.backups())
      backups.push_back({{"file", one.file}, {"bytes", one.bytes}, {"automatic", one.automatic}});
    said.text += fmt::format("{} backups in {}\n", backups.size(), backups_folder(folder_));
    said.value = {{"database", found->database}, {"version", found->version},
                  {"newest", found->newest},     {"bytes", found->bytes},
                  {"migrations", steps},         {"backups", backups}};
    return said;
  }

  Result<Said> health() {
    const auto found = upkeep_.health(patience());
    if (!found) return fail(found.error());
    return Said{
        .text = fmt::format("ok: {} let us in within {}, answered in {}, took a change in {}\n",
                            found->database, human(found->connected), human(found->answered),
                            human(found->written)),
        .value = {{"ok", true},
                  {"database", found->database},
                  {"connect_ms", milliseconds(found->connected)},
                  {"answer_ms", milliseconds(found->answered)},
                  {"write_ms", milliseconds(found->written)}}};
  }

  static Said walked(const storage::Migrated& migrated) {
    const auto backup = migrated.backup.empty() ? "" : ", after a copy to " + migrated.backup;
    return {.text = migrated.from == migrated.to
                        ? fmt::format("nothing to do: it is at migration {}\n", migrated.to)
                        : fmt::format("from migration {} to {}{}\n", migrated.from, migrated.to,
                                      backup),
            .value = {{"from", migrated.from},
                      {"to", migrated.to},
                      {"backup",
                       migrated.backup.empty() ? json::value{} : json::value(migrated.backup)}}};
  }

  Result<Said> migrate() {
    if (options_.dry_run) {
      auto sql = upkeep_.dry_run(patience());
      if (!sql) return fail(std::move(sql).error());
      return Said{.text = sql->empty() ? "-- nothing to do\n" : *sql, .value = {{"sql", *sql}}};
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    const auto migrated = upkeep_.migrate(migrate_options(), patience());
    return migrated ? Result<Said>{walked(*migrated)} : fail(migrated.error());
  }

  Result<Said> rollback() {
    const auto lock = alone();
    if (!lock) return fail(lock.error());
    const auto migrated = upkeep_.roll_back(options_.to, migrate_options(), patience());
    return migrated ? Result<Said>{walked(*migrated)} : fail(migrated.error());
  }

  Result<Said> validate() {
    const auto found = upkeep_.validate(patience());
    if (!found) return fail(found.error());
    Said said{.text = found->empty() ? "ok: exactly what this program declares\n" : "",
              .value = nullptr};
    json::array list;
    for (const auto& [weight, what, remedy] : *found) {
      const bool fault = weight == Difference::Weight::fault;
      said.good = said.good && !fault;
      said.text +=
          fmt::format("{} {}\n     what to do: {}\n", fault ? "FAIL" : "note", what, remedy);
      list.push_back({{"weight", fault ? "fault" : "note"}, {"what", what}, {"remedy", remedy}});
    }
    said.value = {{"ok", said.good}, {"differences", std::move(list)}};
    return said;
  }

  Result<Said> backup() {
    auto file = upkeep_.back_up(options_.file, patience());
    if (!file) return fail(std::move(file).error());
    std::error_code error;
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(*file, error));
    return Said{
        .text = fmt::format("{} ({}), read back and found whole\n", *file, human_bytes(bytes)),
        .value = {{"file", *file}, {"bytes", bytes}}};
  }

  Result<Said> restore() {
    const auto lock = alone();
    if (!lock) return fail(lock.error());
    const auto named = upkeep_.find_backup(*options_.file);
    const auto restored = upkeep_.restore(named ? *named : *options_.file, patience());
    if (!restored) return fail(restored.error());
    const auto before = restored->before.empty()
                            ? std::string{}
                            : fmt::format("; what was there is in {}", restored->before);
    return Said{.text = fmt::format("restored, at migration {}{}\n", restored->version, before),
                .value = {{"version", restored->version},
                          {"before", restored->before.empty() ? json::value{}
                                                              : json::value(restored->before)}}};
  }

  // Becomes the database's own program.
  Result<Said> shell() {
    const auto shell = upkeep_.backend().shell();
    for (const auto& variable : shell.environment) {
      const auto at = variable.find('=');
      ::setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);
    }
    std::vector<char*> arguments;
    for (const auto& word : shell.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    hear_stop_signals(Hear::yes);
    ::execvp(arguments[0], arguments.data());
    Error missing{ErrorKind::unsupported, fmt::format("{} is not installed", shell.command[0])};
    return fail(std::move(missing).remedy("apt-get install " + shell.package));
  }

  const Common& common_;
  const Db& options_;
  const async::StopToken token_;
  const std::string folder_;
  const storage::DatabaseComponent::Options database_;
  Upkeep upkeep_;
};

}  // namespace

int db(const Common& common, const Db& options) {
  const auto outcome = config::load(sources_of(common));
  if (!outcome.faults.empty()) {
    std::fprintf(stderr, "%s\n", config::text_of(outcome.faults).c_str());
    return configuration_error;
  }
  const auto& settings = outcome.loaded.settings;
  const auto folder = data_folder(common.data);
  auto backend = storage::make_backend(database_options_of(settings, folder).backend);
  const SignalledStop stop;
  Result<Said> said = fail(ErrorKind::internal, "");
  if (backend) {
    said = Caretaker{common, options, settings, std::move(*backend), stop.token()}.run();
  } else {
    said = fail(std::move(backend).error());
  }
  if (!said) {
    complain(said.error(), common);
    stop.end_if_asked();
    return static_cast<int>(Exit::no);
  }
  if (common.json) {
    print_json(said->value);
  } else {
    std::printf("%s", said->text.c_str());
  }
  return static_cast<int>(said->good ? Exit::yes : Exit::no);
}

}  // namespace orrery::app::cli
