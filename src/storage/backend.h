// A kind of database: how to connect to it, describe it, copy it and put a copy back.
//
// Threads   all operations from any thread; they block.
#pragma once

#include "storage/connection.h"
#include "storage/dialect.h"
#include "storage/model.h"

namespace orrery::storage {

class Backend {
 public:
  virtual ~Backend() = default;

  // "sqlite:/srv/x.db", "PostgreSQL on 127.0.0.1:5432/bot": for messages, never with a password.
  virtual const std::string& name() const = 0;
  virtual Dialect dialect() const = 0;
  // Whether one connection must do everything, because there is nothing to share.
  virtual bool single() const { return false; }
  // Whether only one connection may write at a time.
  virtual bool one_writer() const = 0;

  // Errors: unavailable, denied, not_found, corrupt, timeout, cancelled, each with its remedy.
  virtual Result<std::unique_ptr<Connection>> connect(Access access, const Patience& patience) = 0;

  // Looks for damage, as far as that is quick. Errors: corrupt.
  virtual Result<> check(Connection& connection) = 0;
  // The same, however long it takes.
  virtual Result<> check_thoroughly(Connection& connection) = 0;
  // Keeps every other program from migrating until it is unlocked or the connection ends. Where
  // transactions alone see to that, nothing is done.
  virtual Result<> lock_migrations(Connection&) { return {}; }
  virtual void unlock_migrations(Connection&) {}
  // A statement that needs what writing needs, and changes nothing.
  virtual Statement probe() const = 0;
  virtual Result<Model> describe(Connection& connection) = 0;
  virtual Result<std::int64_t> size(Connection& connection) = 0;

  // How a backup is called, after the dot.
  virtual std::string_view extension() const = 0;
  // Copies the database, as it is at one instant, into `file`, and reads the copy to make sure.
  // Errors: unsupported (the tool for it is missing), and those of connect; no file is left then.
  virtual Result<> back_up(const std::string& file, const Patience& patience) = 0;
  // Replaces everything by what is in `file`, or nothing. Errors: corrupt or invalid (not a backup
  // of this kind of database), and as back_up.
  virtual Result<> restore(const std::string& file, const Patience& patience) = 0;
  // The interactive program for it: what to run, and what its environment needs besides.
  struct Shell {
    std::vector<std::string> command;
    std::vector<std::string> environment;
    std::string package;  // where the program comes from
  };
  virtual Shell shell() const = 0;
};

struct BackendOptions {
  std::string url;          // may hold a password
  std::string data_folder;  // where relative files are
  Duration busy_timeout = std::chrono::seconds{5};
  Duration connect_timeout = std::chrono::seconds{5};
};

// The backend that the URL asks for. Errors: invalid (a URL that means nothing).
Result<std::unique_ptr<Backend>> make_backend(const BackendOptions& options);

}  // namespace orrery::storage
