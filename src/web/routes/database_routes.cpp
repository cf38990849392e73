// The database as an operator sees it: its state, its migrations, and its copies. Open also when
// the runtime is not: that is when it is needed most.
#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using storage::Upkeep;

constexpr Duration work_within = std::chrono::minutes{5};
constexpr Duration look_within = std::chrono::seconds{5};

using storage::Patience;

json::array backups_of(const Upkeep& upkeep) {
  json::array list;
  for (const auto& one : upkeep.backups()) {
    list.push_back({{"file", one.file},
                    {"bytes", one.bytes},
                    {"made", iso8601(one.made)},
                    {"automatic", one.automatic}});
  }
  return list;
}

// What cannot be found out is shown as the problem it is.
Result<json::value> look(Upkeep& upkeep, const Patience& patience) {
  json::object shown{{"database", upkeep.backend().name()},
                     {"problem", nullptr},
                     {"remedy", nullptr},
                     {"backups", backups_of(upkeep)}};
  const auto soon = std::chrono::steady_clock::now() + look_within;
  const auto found = upkeep.condition({std::min(soon, patience.deadline), patience.token});
  if (!found) {
    shown["problem"] = found.error().text();
    shown["remedy"] = found.error().remedy();
    return json::value(std::move(shown));
  }
  json::array steps;
  for (const auto& step : found->steps)
    steps.push_back({{"number", step.number}, {"name", step.name}, {"applied", step.applied}});
  shown["version"] = found->version;
  shown["newest"] = found->newest;
  shown["bytes"] = found->bytes;
  shown["migrations"] = std::move(steps);
  return json::value(std::move(shown));
}

Result<json::value> validate(Upkeep& upkeep, const Patience& patience) {
  const auto found = upkeep.validate(patience);
  if (!found) return fail(found.error());
  json::array list;
  for (const auto& one : *found) {
    list.push_back({{"fault", one.weight == storage::Difference::Weight::fault},
                    {"what", one.what},
                    {"remedy", one.remedy}});
  }
  return json::value{{"differences", std::move(list)}};
}

Result<json::value> back_up(Upkeep& upkeep, const Patience& patience) {
  const auto file = upkeep.back_up(std::nullopt, patience);
  if (!file) return fail(file.error());
  return json::value{{"file", file->substr(file->rfind('/') + 1)}};
}

json::value shown(const Upkeep::Restored& restored) {
  return {{"version", restored.version},
          {"before", restored.before.substr(restored.before.rfind('/') + 1)}};
}

class DatabaseRoutes {
 public:
  using Work = std::function<Result<json::value>(Upkeep&, const Patience&)>;

  DatabaseRoutes(RuntimeControl& runtime, MakeUpkeep make, storage::Restoration& restoration,
                 async::Clock& clock)
      : runtime_{runtime}, make_{std::move(make)}, restoration_{restoration}, clock_{clock} {}

  // One at a time, on a thread of its own.
  asio::awaitable<net::Response> run(net::Request request, Work work) {
    auto upkeep = make_();
    if (!upkeep) co_return problem(upkeep.error());
    auto running = on_thread(std::move(*upkeep), std::move(work), patience_of(request));
    auto done = co_await std::move(running);
    co_return done ? ok(std::move(*done)) : problem(done.error());
  }
  // The runtime starts anew: while nobody uses the database, the copy is put in its place.
  asio::awaitable<net::Response> put_back(net::Request request) {
    const auto body = object_of(request);
    const auto name = body ? field_of(*body, "file") : Result<std::string>{fail(body.error())};
    if (!name) co_return problem(name.error());
    auto upkeep = make_();
    if (!upkeep) co_return problem(upkeep.error());
    const std::shared_ptr<Upkeep> shared = std::move(*upkeep);
    const auto file = shared->find_backup(*name);
    if (!file) co_return problem(file.error());
    const auto patience = patience_of(request);
    // Before anything is stopped for it.
    auto examining = on_thread(
        shared,
        [file = *file](Upkeep& one, const Patience& p) -> Result<json::value> {
          auto good = one.examine(file, p);
          return good ? Result<json::value>{nullptr} : fail(std::move(good).error());
        },
        patience);
    const auto examined = co_await std::move(examining);
    if (!examined) co_return problem(examined.error());
    auto restoring = restore({shared, *file, {}}, patience);
    const auto restored = co_await std::move(restoring);
    co_return restored ? ok(shown(*restored)) : problem(restored.error());
  }

 private:
  Patience patience_of(const net::Request& request) const {
    return {clock_.now() + work_within, request.token};
  }

  Task<json::value> on_thread(std::shared_ptr<Upkeep> upkeep, Work work, Patience patience) {
    std::move_only_function<Result<json::value>()> job =
        [upkeep, patience, work = std::move(work)] { return work(*upkeep, patience); };
    auto running = workers_.run<json::value>(std::move(job));
    co_return co_await std::move(running);
  }

  Task<Upkeep::Restored> restore(storage::Restoration::Wish wish, Patience patience) {
    const auto done = wish.done;
    const auto upkeep = wish.upkeep;
    if (auto asked = restoration_.ask(std::move(wish)); !asked)
      co_return fail(std::move(asked).error());
    if (auto restarted = runtime_.restart(std::nullopt); !restarted) {
      restoration_.withdraw(upkeep);
      co_return fail(std::move(restarted).error());
    }
    const auto timer = clock_.arm(patience.deadline, [done] {
      done.set(fail(ErrorKind::timeout, "the copy was not put back in time; the log says why"));
    });
    const auto stopping = patience.token.subscribe(
        [done] { done.set(fail(ErrorKind::cancelled, "the bot is about to stop")); });
    auto waiting = done.take();
    auto restored = co_await std::move(waiting);
    restoration_.withdraw(upkeep);
    co_return restored;
  }

  RuntimeControl& runtime_;
  const MakeUpkeep make_;
  storage::Restoration& restoration_;
  async::Clock& clock_;
  async::Workers workers_{"upkeep", 1, 4};
};

}  // namespace

void add_database_routes(Router& router, RuntimeControl& runtime, MakeUpkeep make,
                         storage::Restoration& restoration, async::Clock& clock) {
  const auto routes =
      std::make_shared<DatabaseRoutes>(runtime, std::move(make), restoration, clock);
  const Router::Call<SignedIn> show = [routes](net::Request r, SignedIn) {
    return routes->run(std::move(r), look);
  };
  const Router::Call<SignedIn> check = [routes](net::Request r, SignedIn) {
    return routes->run(std::move(r), validate);
  };
  const Router::Call<SignedIn> copy = [routes](net::Request r, SignedIn) {
    return routes->run(std::move(r), back_up);
  };
  const Router::Call<SignedIn> put = [routes](net::Request r, SignedIn) {
    return routes->put_back(std::move(r));
  };
  router.add("GET", "/api/database", show);
  router.add("GET", "/api/database/differences", check);
  router.add("POST", "/api/database/backup", copy);
  router.add("POST", "/api/database/restore", put);
}

}  // namespace orrery::web
