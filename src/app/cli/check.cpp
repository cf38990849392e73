// check: what would keep a start from succeeding, without starting anything.
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <arpa/inet.h>
#include <boost/json.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/data_folder.h"
#include "app/database_options.h"
#include "net/port_owner.h"
#include "records/permissions.h"
#include "storage/sqlite/backend.h"
#include "web/account_file.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct Finding {
  std::string what;
  Result<std::string> result;
};

// The nearest folder that exists above a path, where the missing ones would be made.
fs::path existing(fs::path path) {
  std::error_code error;
  while (!path.empty() && !fs::exists(path, error) && path != path.parent_path())
    path = path.parent_path();
  return path;
}

Result<std::string> check_folder(const std::string& folder) {
  const auto above = existing(folder);
  if (::access(above.c_str(), W_OK | X_OK) == 0) return folder;
  Error error{ErrorKind::denied,
              fmt::format("{} cannot be written: {}", above.string(), std::strerror(errno))};
  return fail(std::move(error).remedy(
      "give this user the right to write there, or choose another folder with --data DIR"));
}

Result<std::string> check_accounts(const std::string& file) {
  const auto read = web::read_accounts(file);
  if (!read) return fail(read.error());
  const auto users = read->users.size();
  return fmt::format("{} user{}", users, users == 1 ? "" : "s");
}

// Where links lead, also to a file that is not there yet. Errors: denied (to themselves).
Result<fs::path> behind_links(fs::path path) {
  constexpr int most = 40;  // as the kernel follows
  for (int i = 0; i < most; ++i) {
    std::error_code error;
    const auto target = fs::read_symlink(path, error);
    if (error) return path;
    path = path.parent_path() / target;
  }
  Error loop{ErrorKind::denied, path.string() + " is a link that leads to itself"};
  return fail(std::move(loop).remedy("mend the link, or set database.url"));
}

// A file that is not there yet: whether it could be made.
Result<std::string> check_new_file(const std::string& name, const std::string& folder) {
  const auto found = behind_links(name);
  if (!found) return fail(found.error());
  const auto path = found->string();
  // The data folder is made at a start, any other is not.
  std::error_code error;
  const auto parent = fs::path{path}.parent_path();
  if (parent != fs::path{folder} && !fs::is_directory(parent, error)) {
    Error missing{ErrorKind::denied, fmt::format("the folder {} does not exist", parent.string())};
    return fail(std::move(missing).remedy("make it, or set database.url"));
  }
  if (::access(existing(parent).c_str(), W_OK) == 0) return path + " will be made";
  Error denied{ErrorKind::denied, fmt::format("{} cannot be made: {}", path, std::strerror(errno))};
  return fail(
      std::move(denied).remedy("give this user the right to write there, or set database.url"));
}

Result<std::string> check_database(const config::Settings& settings, const std::string& folder) {
  const auto& url = settings.database.url.reveal();
  std::error_code error;
  if (url.starts_with("sqlite:")) {
    const auto path = storage::sqlite::path_of(url, folder);
    if (path != ":memory:" && !fs::exists(path, error)) return check_new_file(path, folder);
  }
  auto backend = storage::make_backend(database_options_of(settings, folder).backend);
  if (!backend) return fail(std::move(backend).error());
  const storage::Patience patience{std::chrono::steady_clock::now() + std::chrono::seconds{10}, {}};
  auto connection = (*backend)->connect(storage::Access::read_only, patience);
  if (!connection) return fail(std::move(connection).error());
  const storage::Connection::Bound bound{**connection, patience};
  const auto plan = storage::plan(**backend, **connection, storage::migrations());
  if (!plan) return fail(plan.error());
  const auto& name = (*backend)->name();
  if (plan->from == plan->to) {
    const auto found = (*backend)->describe(**connection);
    if (!found) return fail(found.error());
    auto valid = storage::validate(storage::differences(storage::declared_model(), *found));
    if (!valid) return fail(std::move(valid).error());
    auto readable = records::check_rules(**connection);
    if (!readable) return fail(std::move(readable).error());
    return name + " is up to date";
  }
  if (auto may = (*backend)->may_migrate(**connection); !may) return fail(std::move(may).error());
  return fmt::format("{} will be migrated from {} to {}", name, plan->from, plan->to);
}

Result<std::string> check_port(const config::Settings& settings, const Common& common) {
  const auto& http = settings.http;
  const auto place = fmt::format("{}:{}", http.host, http.port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(http.port);
  if (::inet_pton(AF_INET, http.host == "localhost" ? "127.0.0.1" : http.host.c_str(),
                  &address.sin_addr) != 1)
    return place + " was not tried";
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool free = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const auto reason = std::string{std::strerror(errno)};
  ::close(probe);
  if (free) return place + " is free";
  if (reason == std::strerror(EADDRINUSE)) {
    const auto owner = net::describe_listener(http.port);
    const auto holder = holder_of(data_folder(common.data));
    const bool ours = holder && owner.starts_with(fmt::format("process {} ", *holder)) &&
                      Client{common}.ask("GET", "/api/stat/version");
    if (ours) return fmt::format("{} is served by the running bot, {}", place, owner);
    Error taken{ErrorKind::conflict, fmt::format("{} is taken by {}", place, owner)};
    return fail(std::move(taken).remedy("stop that process, or set http.port to another port"));
  }
  return fail(ErrorKind::denied, "{} cannot be listened on: {}", place, reason);
}

int report(const Common& common, const std::vector<Finding>& findings) {
  bool good = true;
  json::array list;
  for (const auto& [what, result] : findings) {
    good = good && result;
    const auto text = result ? *result : result.error().text();
    const auto remedy = result ? std::string{} : result.error().remedy();
    list.push_back(
        {{"check", what}, {"ok", result.has_value()}, {"text", text}, {"remedy", remedy}});
    if (common.json) continue;
    std::printf("%s %-14s %s\n", result ? "ok  " : "FAIL", what.c_str(), text.c_str());
    if (!remedy.empty()) std::printf("     what to do: %s\n", remedy.c_str());
  }
  if (common.json) print_json({{"ok", good}, {"checks", std::move(list)}});
  return good ? 0 : 1;
}

}  // namespace

int check(const Common& common) {
  const auto outcome = config::load(sources_of(common));
  if (!outcome.faults.empty()) {
    if (common.json) print_json({{"ok", false}, {"faults", config::text_of(outcome.faults)}});
    std::fprintf(stderr, "%s\n", config::text_of(outcome.faults).c_str());
    return configuration_error;
  }
  const auto folder = data_folder(common.data);
  const auto& settings = outcome.loaded.settings;
  std::vector<Finding> findings;
  findings.push_back({"configuration", outcome.loaded.file.value_or("the defaults")});
  findings.push_back({"data folder", check_folder(folder)});
  findings.push_back({"accounts", check_accounts(folder + "/accounts.json")});
  findings.push_back({"database", check_database(settings, folder)});
  findings.push_back({"port", check_port(settings, common)});
  return report(common, findings);
}

}  // namespace orrery::app::cli
