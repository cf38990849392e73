#include "storage/database_component.h"

#include <boost/asio/post.hpp>

#include "async/workers.h"

namespace orrery::storage {

using namespace std::chrono_literals;

namespace {

constexpr Duration look_every = 1s;
constexpr Duration sign_of_life_every = 5s;
constexpr Duration answer_within = 3s;

std::string sentence(const Error& error) {
  return error.remedy().empty() ? error.text() : error.text() + " (" + error.remedy() + ")";
}

}  // namespace

// All or nothing: when it fails, the database that is there is opened as ever.
asio::awaitable<void> DatabaseComponent::restore(lifecycle::Context context) {
  auto wish = restoration_.take();
  if (!wish) co_return;
  context.doing("putting back " + wish->file);
  context.extend(10min);
  async::Workers worker{"db restorer", 1, 1};
  std::move_only_function<Result<Upkeep::Restored>()> job = [wish, token = context.token()] {
    return wish->upkeep->restore(wish->file, {async::never, token});
  };
  auto working = worker.run<Upkeep::Restored>(std::move(job));
  auto restored = co_await std::move(working);
  journal_.write(restored ? Level::warn : Level::error, "storage",
                 restored ? "a copy was put in the place of the database"
                          : "a copy could not be put in the place of the database",
                 {{"copy", wish->file},
                  {"before", restored ? restored->before : std::string{}},
                  {"reason", restored ? std::string{} : restored.error().text()}});
  wish->done.set(std::move(restored));
}

Task<> DatabaseComponent::start(lifecycle::Context context) {
  auto restoring = restore(context);
  co_await std::move(restoring);
  auto opening = open(context);
  auto migrated = co_await std::move(opening);
  if (!migrated) co_return fail(std::move(migrated).error().with("opening the database"));
  if (migrated->from != migrated->to) {
    context.journal().write(Level::info, "storage", "database migrated",
                            {{"database", database_->name()},
                             {"from", std::int64_t{migrated->from}},
                             {"to", std::int64_t{migrated->to}},
                             {"backup", migrated->backup}});
  }
  context.supervise("watch", {}, [this, context](async::StopToken token) {
    return watch(context, std::move(token));
  });
  co_return Result<>{};
}

Task<Migrated> DatabaseComponent::open(lifecycle::Context context) {
  auto backend_options = options_.backend;
  backend_options.presence = Presence::announced;
  auto backend = make_backend(backend_options);
  if (!backend) co_return fail(std::move(backend).error());
  context.doing("opening " + (*backend)->name());
  auto options = options_.database;
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  // Told on the database's thread; each step may take as long as a start usually does.
  options.migrate.progress = [context, strand](const std::string& what) {
    asio::post(strand, [context, what] {
      context.doing(what);
      context.extend(10s);
    });
  };
  database_ =
      std::make_unique<Database>(std::move(*backend), std::move(options), journal_, numbers_);
  auto opening = database_->open({async::never, context.token()});
  co_return co_await std::move(opening);
}

Task<> DatabaseComponent::watch(lifecycle::Context context, async::StopToken token) {
  auto& clock = context.clock();
  auto asked = clock.now();
  while (!token.requested()) {
    auto pause = async::sleep_until(clock, clock.now() + look_every, token);
    const auto end = co_await std::move(pause);
    if (end == async::WaitEnd::stopped) break;
    database_->sample();
    const bool remote = !database_->backend().one_writer();
    const bool due = remote && clock.now() - asked >= sign_of_life_every;
    if (database_->trouble() || due) {
      asked = clock.now();
      auto trying = database_->probe({clock.now() + answer_within, token});
      [[maybe_unused]] const auto found = co_await std::move(trying);
    }
    if (!token.requested()) tell(context, database_->trouble());
  }
  co_return Result<>{};
}

void DatabaseComponent::tell(const lifecycle::Context& context,
                             const std::optional<Error>& trouble) {
  const auto text = trouble ? sentence(*trouble) : std::string{};
  if (text == told_) return;
  context.degraded(text);
  if (told_.empty()) trouble_since_ = context.clock().now();
  if (trouble) {
    journal_.write(Level::error, "storage", "the database does not serve",
                   {{"reason", trouble->text()}, {"remedy", trouble->remedy()}});
  } else {
    journal_.write(Level::info, "storage", "the database serves again",
                   {{"after_ms", milliseconds(context.clock().now() - trouble_since_)}});
  }
  told_ = text;
}

Task<> DatabaseComponent::stop(lifecycle::Context, lifecycle::Outcome) {
  if (!database_) co_return Result<>{};
  auto closing = database_->close();
  co_return co_await std::move(closing);
}

}  // namespace orrery::storage
