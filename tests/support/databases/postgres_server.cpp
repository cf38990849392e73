#include "databases/postgres_server.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace orrery::test {
namespace {

namespace fs = std::filesystem;

// In memory where that is possible: a disk that others write to would only slow it down.
std::string new_folder() {
  std::error_code error;
  auto pattern =
      (fs::exists("/dev/shm", error) ? fs::path{"/dev/shm"} : fs::temp_directory_path()) /
      "orrery-postgres-XXXXXX";
  auto text = pattern.string();
  if (mkdtemp(text.data()) == nullptr) std::abort();
  fs::permissions(text, fs::perms::owner_all | fs::perms::others_exec | fs::perms::group_exec);
  return text;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer(std::string settings)
    : settings_{std::move(settings)}, folder_{new_folder()} {
  start();
}

PostgresServer::~PostgresServer() {
  stop("immediate");
  std::error_code error;
  fs::remove_all(folder_, error);
}

std::string PostgresServer::run(const std::string& arguments) const {
  const auto command = std::string{ORRERY_POSTGRES} + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string said;
  char buffer[4096];
  while (pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
  const int status = pipe == nullptr ? -1 : pclose(pipe);
  while (said.ends_with('\n')) said.pop_back();
  if (status != 0 && !arguments.starts_with("stop")) {
    std::fprintf(stderr, "%s failed: %s\n", command.c_str(), said.c_str());
    std::abort();
  }
  return said;
}

void PostgresServer::start() { port_ = run("start " + folder_ + settings_); }

void PostgresServer::stop(const std::string& mode) { run("stop " + folder_ + " " + mode); }

std::string PostgresServer::make_database() {
  last_ = fmt::format("test{}", ++made_);
  sql("postgres", fmt::format("CREATE DATABASE {}", last_));
  return url(last_, "orbit and orrery");
}

std::string PostgresServer::url(const std::string& database, const std::string& password) const {
  std::string written;
  for (const char c : password) written += c == ' ' ? "%20" : std::string{c};
  return fmt::format("postgresql://orrery:{}@127.0.0.1:{}/{}", written, port_, database);
}

std::string PostgresServer::sql(const std::string& database, const std::string& statement) const {
  std::string quoted;
  for (const char c : statement) quoted += c == '\'' ? "'\\''" : std::string{c};
  return run(fmt::format("sql {} {} '{}'", folder_, database, quoted));
}

}  // namespace orrery::test
