// A kind of database: how to connect to it, describe it, copy it and put a copy back.
//
// Threads   all operations from any thread; they block.
#pragma once

#include "storage/connection.h"
#include "storage/dialect.h"
#include "storage/model.h"

namespace orrery::storage {

// Whether connections tell others that a bot lives on this database, for as long as they last.
enum class Presence { announced, silent };

// A migration as a database remembers it.
struct Known {
  int number = 0;
  std::int64_t fingerprint = 0;
  std::vector<std::string> tables{};  // that it makes
};

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

  // What earlier connections were asked and did not answer is done or undone for good after this.
  // Errors: unavailable (one may still do it), and those of the connection.
  virtual Result<> settle(Connection&) { return {}; }

  // Looks for damage, as far as that is quick. Errors: corrupt.
  virtual Result<> check(Connection& connection) = 0;
  // The same, however long it takes.
  virtual Result<> check_thoroughly(Connection& connection) = 0;
  // Is told what is waited for, now and then.
  using Tell = std::function<void(const std::string& what)>;
  // Keeps every other program from migrating until it is unlocked or the connection ends. Where
  // transactions alone see to that, nothing is done. Errors: timeout and cancelled, naming who
  // does.
  virtual Result<> lock_migrations(Connection&, const Patience&, const Tell&) { return {}; }
  virtual void unlock_migrations(Connection&) {}
  // Keeps bots away for as long as the connection lasts. Errors: conflict (one is there).
  virtual Result<> lock_out_bots(Connection&) { return {}; }
  // Needs what writing needs, and changes nothing; with `room` also what more data would need.
  enum class Probe { alive, room };
  virtual Result<> probe(Connection& connection, Probe probe) = 0;
  // Whether tables may be made, as far as can be told without making one. Errors: denied,
  // not_found.
  virtual Result<> may_migrate(Connection&) { return {}; }
  virtual Result<Model> describe(Connection& connection) = 0;
  virtual Result<std::int64_t> size(Connection& connection) = 0;

  // How a backup is called, after the dot.
  virtual std::string_view extension() const = 0;
  // Copies the database, as it is at one instant, into `file`, and reads the copy to make sure.
  // Errors: unsupported (the tool for it is missing), and those of connect; no file is left then.
  virtual Result<> back_up(const std::string& file, const Patience& patience) = 0;
  // Whether `file` can be put back, as far as can be told without trying. Errors: as restore.
  virtual Result<> examine(const std::string& file, std::span<const Known> known,
                           const Patience& patience) = 0;
  // Replaces everything by what is in `file`, or nothing. Returns where the database was put that
  // is too damaged to be replaced; mostly nothing. Errors: invalid (no whole copy of a database of
  // this kind, or with migrations other than the first of those known), and as back_up.
  virtual Result<std::string> restore(const std::string& file, std::span<const Known> known,
                                      const Patience& patience) = 0;
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
  Presence presence = Presence::silent;
};

// The backend that the URL asks for. Errors: invalid (a URL that means nothing).
Result<std::unique_ptr<Backend>> make_backend(const BackendOptions& options);

}  // namespace orrery::storage
