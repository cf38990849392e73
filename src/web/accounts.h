// Who may sign in: users, their sessions, API keys, and the one-time set-up token, in a file of
// their own.
//
// Independent of `database.url`, so that signing in works in every state. Every change is in the
// file before it counts; what cannot be written is undone and refused.
//
// Threads   the control strand; hashing runs on a pool thread.
// Limits    passwords of 8 to 512 bytes, names of 1 to 64; a session lasts 30 days, the set-up
//           token one day; 1,000 sessions, the oldest go first; 100 API keys.
// Source    https://doc.libsodium.org/password_hashing/default_phf
#pragma once

#include "async/workers.h"
#include "web/account_file.h"
#include "web/router.h"

namespace orrery::web {

class Accounts final : public Authenticator {
 public:
  explicit Accounts(std::string file) : file_{std::move(file)} {}

  // Errors: those of read_accounts.
  Result<> load();

  bool empty() const { return data_.users.empty(); }
  struct UserView {
    std::string name;
    bool second_factor;
  };
  std::vector<UserView> users() const;

  // Errors: invalid (name or password), conflict (exists), denied (the file), limited.
  Task<> add(std::string name, Secret password);
  // Also ends the user's sessions. Errors: as add, and not_found.
  Task<> set_password(std::string name, Secret password);
  // With the user's sessions and keys. Errors: not_found, conflict (the last one), denied.
  Result<> remove(const std::string& name);

  struct Credentials {
    std::string name;
    Secret password;
    std::string code;   // of the second factor, or a recovery code
    std::string agent;  // what the browser says it is
  };
  struct Opened {
    std::string token;
    std::string csrf;
  };
  // Errors: denied (the name or the password is wrong; it does not say which), invalid (a code is
  // needed, or is wrong), limited.
  Task<Opened> sign_in(Credentials given);
  void sign_out(const std::string& token);
  // Ends every session of the user; how many.
  Result<std::size_t> sign_out_everywhere(const std::string& user);

  struct SessionView {
    std::string id;  // names it, opens nothing
    WallTime begun;
    WallTime expires;
    std::string agent;
    bool current;
  };
  std::vector<SessionView> sessions(const std::string& user, const std::string& token) const;

  // Makes a new set-up token; the one before counts no more. Errors: denied (the file).
  Result<std::string> open_setup();
  bool setup_is_open() const { return data_.setup && data_.setup->expires > wall_now(); }
  // Spends the token and makes the user. Errors: denied (the token), and those of add.
  Task<Opened> set_up(std::string token, Credentials given);

  // Ends the sessions and keys whose time is over, and what was opened with them.
  void end_expired();

  // ---- API keys

  struct KeyView {
    std::string id;
    ApiKey key;
  };
  std::vector<KeyView> keys() const;
  // The key itself is returned once and never again. Errors: invalid, limited, denied (the file).
  Result<std::string> make_key(ApiKey key);
  // Errors: not_found, denied (the file).
  Result<> revoke_key(const std::string& id);

  // ---- the second factor

  // A new secret for the user's authenticator; counts once confirmed.
  Result<Secret> begin_second_factor(const std::string& user);
  // Ten recovery codes, shown once. Errors: invalid (the code), conflict (none was begun).
  Result<std::vector<std::string>> confirm_second_factor(const std::string& user,
                                                         const std::string& code);
  // Errors: not_found (no such user).
  Result<> end_second_factor(const std::string& user);
  // Errors: denied (the password is wrong).
  Task<> check_password_of(std::string user, Secret password);

  std::optional<Principal> session(const std::string& token) const override;
  std::optional<Principal> key(const std::string& secret) const override;
  std::string csrf(const std::string& token) const override;
  async::StopToken ending(const Principal& who) const override;

 private:
  std::string id_of_user(const std::string& name) const;
  // Writes what has changed since `before`, or puts that back.
  Result<> keep_or(AccountData before);
  Result<Opened> open_session(const std::string& user, std::string agent);
  Result<> admit_code(const std::string& user, const std::string& code);
  Task<std::string> hash(Secret password);
  Task<bool> verify(std::string hash, Secret password);

  const std::string file_;
  AccountData data_;
  std::map<std::string, Secret> begun_factors_;  // by user, until confirmed
  async::Workers hashing_{"password", 1, 16};    // 64 MiB a hash: one at a time
};

}  // namespace orrery::web
