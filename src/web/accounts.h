// Who may sign in: users, their sessions, and the one-time set-up token, in a file of their own.
//
// Independent of `database.url`, so that signing in works in every state. Passwords are argon2id
// hashes, session tokens and the set-up token are kept as hashes only, and the file is replaced
// whole, so that a crash leaves the old or the new one.
//
// Threads   the control strand; hashing runs on a pool thread.
// Limits    passwords of 8 to 512 bytes, names of 1 to 64; a session lasts 30 days, the set-up
//           token one day; 1,000 sessions, the oldest go first.
// Source    https://doc.libsodium.org/password_hashing/default_phf
#pragma once

#include <map>

#include "async/workers.h"
#include "core/secret.h"
#include "core/time.h"
#include "web/router.h"

namespace orrery::web {

class Accounts final : public Authenticator {
 public:
  explicit Accounts(std::string file) : file_{std::move(file)} {}

  // Reads the file; a missing one is empty.
  // Errors: corrupt (not ours, or damaged; left alone), denied.
  Result<> load();

  bool empty() const { return users_.empty(); }
  std::vector<std::string> names() const;

  // Errors: invalid (name or password), conflict (exists), denied (the file), limited.
  Task<> add(std::string name, Secret password);
  // Also ends the user's sessions. Errors: as add, and not_found.
  Task<> set_password(std::string name, Secret password);

  struct Opened {
    std::string token;
    std::string csrf;
  };
  // Errors: denied (the name or the password is wrong; it does not say which), limited.
  Task<Opened> sign_in(std::string name, Secret password);
  void sign_out(const std::string& token);

  // Makes a new set-up token; the one before counts no more. Errors: denied (the file).
  Result<std::string> open_setup();
  bool setup_is_open() const { return setup_.has_value() && setup_->expires > wall_now(); }
  // Spends the token and makes the user. Errors: denied (the token), and those of add.
  Task<Opened> set_up(std::string token, std::string name, Secret password);

  std::optional<Principal> session(const std::string& token) const override;
  std::string csrf(const std::string& token) const override;
  async::StopToken ending(const std::string& token) const override;

 private:
  struct Session {
    std::string user;
    WallTime expires;
    // Stopped when the session is erased; shared with copies made to undo a change.
    std::shared_ptr<async::StopSource> life = std::make_shared<async::StopSource>();
  };
  struct Setup {
    std::string hash;
    WallTime expires;
  };
  Result<> save() const;
  Result<Opened> open_session(const std::string& user);
  Task<std::string> hash(Secret password);

  const std::string file_;
  std::map<std::string, std::string> users_;  // name, argon2id hash
  std::map<std::string, Session> sessions_;   // by the hash of the token
  std::optional<Setup> setup_;
  async::Workers hashing_{"password", 1, 16};  // 64 MiB a hash: one at a time
};

}  // namespace orrery::web
