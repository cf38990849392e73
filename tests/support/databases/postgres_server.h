// A real PostgreSQL for tests: one server for the whole test program, a new database for each test.
//
// Owns      the server's process and folder; both are gone when the program ends.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <utility>

namespace orrery::test {

class PostgresServer {
 public:
  // Started at the first call. Aborts with the reason when it cannot be.
  static PostgresServer& shared();
  // One of its own, for tests that hurt it. `settings`: " max_connections=8 …".
  explicit PostgresServer(std::string settings = {});
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  void start();
  void stop(const std::string& mode = "fast");
  // Every process of it, as when a machine stands still.
  void freeze() { run("freeze " + folder_); }
  void thaw() { run("thaw " + folder_); }
  // Makes an empty database and gives its URL.
  std::string make_database();
  std::string url(const std::string& database, const std::string& password) const;
  // As the superuser; what it prints.
  std::string sql(const std::string& database, const std::string& statement) const;
  const std::string& last_database() const { return last_; }

 private:
  std::string run(const std::string& arguments) const;
  std::string settings_;
  std::string folder_;
  std::string port_;
  std::string last_;
  int made_ = 0;
};

// One of a server's processes stands still, while the others go on.
class Frozen {
 public:
  explicit Frozen(std::int64_t process) : process_{static_cast<int>(process)} {
    ::kill(process_, SIGSTOP);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen() { thaw(); }
  void thaw() {
    if (process_ != 0) ::kill(std::exchange(process_, 0), SIGCONT);
  }

 private:
  int process_;
};

}  // namespace orrery::test
