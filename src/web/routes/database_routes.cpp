// The database as an operator sees it: its state, its migrations, and its copies. Open also when
// the runtime is not: that is when it is needed most.
#include <boost/json.hpp>

#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using storage::Upkeep;

storage::Patience patience() {
  return {std::chrono::steady_clock::now() + std::chrono::minutes{5}, {}};
}

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
Result<json::value> look(Upkeep& upkeep) {
  json::object shown{{"database", upkeep.backend().name()},
                     {"problem", nullptr},
                     {"remedy", nullptr},
                     {"backups", backups_of(upkeep)}};
  const storage::Patience soon{std::chrono::steady_clock::now() + std::chrono::seconds{5}, {}};
  const auto found = upkeep.condition(soon);
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

Result<json::value> validate(Upkeep& upkeep) {
  const auto found = upkeep.validate(patience());
  if (!found) return fail(found.error());
  json::array list;
  for (const auto& one : *found) {
    list.push_back({{"fault", one.weight == storage::Difference::Weight::fault},
                    {"what", one.what},
                    {"remedy", one.remedy}});
  }
  return json::value{{"differences", std::move(list)}};
}

Result<json::value> back_up(Upkeep& upkeep) {
  const auto file = upkeep.back_up(std::nullopt, patience());
  if (!file) return fail(file.error());
  return json::value{{"file", file->substr(file->rfind('/') + 1)}};
}

Result<json::value> restore(Upkeep& upkeep, const std::string& name) {
  const auto file = upkeep.find_backup(name);
  if (!file) return fail(file.error());
  const auto restored = upkeep.restore(*file, patience());
  if (!restored) return fail(restored.error());
  return json::value{{"version", restored->version},
                     {"before", restored->before.substr(restored->before.rfind('/') + 1)}};
}

class DatabaseRoutes {
 public:
  using Work = std::function<Result<json::value>(Upkeep&)>;

  DatabaseRoutes(RuntimeControl& runtime, MakeUpkeep make)
      : runtime_{runtime}, make_{std::move(make)} {}

  // One at a time, on a thread of its own.
  asio::awaitable<net::Response> run(Work work) {
    auto running = on_thread(std::move(work));
    auto done = co_await std::move(running);
    co_return done ? ok(std::move(*done)) : problem(done.error());
  }
  // What the parts of the runtime have in memory is from before: they start anew.
  asio::awaitable<net::Response> put_back(net::Request request) {
    const auto body = object_of(request);
    auto name = body ? field_of(*body, "file") : Result<std::string>{fail(body.error())};
    if (!name) co_return problem(name.error());
    auto running = on_thread([name = *name](Upkeep& upkeep) { return restore(upkeep, name); });
    auto done = co_await std::move(running);
    if (!done) co_return problem(done.error());
    const auto restarted =
        runtime_.ready() ? runtime_.restart(std::nullopt) : runtime_.retry(SafeMode::off);
    co_return restarted ? ok(std::move(*done)) : problem(restarted.error());
  }

 private:
  Task<json::value> on_thread(Work work) {
    auto upkeep = make_();
    if (!upkeep) co_return fail(std::move(upkeep).error());
    const std::shared_ptr<Upkeep> shared = std::move(*upkeep);
    std::move_only_function<Result<json::value>()> job = [shared, work = std::move(work)] {
      return work(*shared);
    };
    auto running = workers_.run<json::value>(std::move(job));
    co_return co_await std::move(running);
  }

  RuntimeControl& runtime_;
  const MakeUpkeep make_;
  async::Workers workers_{"upkeep", 1, 4};
};

}  // namespace

void add_database_routes(Router& router, RuntimeControl& runtime, MakeUpkeep make) {
  const auto routes = std::make_shared<DatabaseRoutes>(runtime, std::move(make));
  const Router::Call<SignedIn> show = [routes](net::Request, SignedIn) {
    return routes->run(look);
  };
  const Router::Call<SignedIn> check = [routes](net::Request, SignedIn) {
    return routes->run(validate);
  };
  const Router::Call<SignedIn> copy = [routes](net::Request, SignedIn) {
    return routes->run(back_up);
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
