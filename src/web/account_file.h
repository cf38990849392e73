// What is kept of accounts, and the file it is kept in: read whole, replaced whole.
//
// Passwords are argon2id hashes; session tokens, API keys, recovery codes and the set-up token are
// kept as hashes only. The secret of a second factor must be kept as it is: the file is mode 0600.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "async/stop_token.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/time.h"
#include "web/guard.h"

namespace orrery::web {

struct SecondFactor {
  Secret secret;                      // as base32, what the authenticator holds
  std::int64_t last_step = 0;         // of the last code that counted: none counts twice
  std::vector<std::string> recovery;  // hashes of codes not used yet
};

struct User {
  std::string password;  // argon2id
  std::optional<SecondFactor> second_factor{};
  std::string id{};  // never given again, unlike a name: what belongs to a person goes by it
};

struct Session {
  std::string user;
  WallTime expires;
  WallTime begun{};
  std::string agent;  // what the browser says it is, for people
  // Stopped when the session is erased; shared with copies made to undo a change.
  std::shared_ptr<async::StopSource> life = std::make_shared<async::StopSource>();
};

struct ApiKey {
  std::string name;  // for people
  std::string user;  // who made it
  std::set<Scope> scopes;
  WallTime begun{};
  std::optional<WallTime> expires{};
  std::shared_ptr<async::StopSource> life = std::make_shared<async::StopSource>();
};

struct SetupToken {
  std::string hash;
  WallTime expires;
};

struct AccountData {
  std::map<std::string, User> users;        // by name
  std::map<std::string, Session> sessions;  // by the hash of the token
  std::map<std::string, ApiKey> keys;       // by the hash of the key
  std::optional<SetupToken> setup;
};

// A missing file is empty. Errors: corrupt (not ours, or damaged; left alone), denied.
Result<AccountData> read_accounts(const std::string& file);
// Whole or not at all: written beside, forced to disk, and renamed over. Errors: denied.
Result<> write_accounts(const std::string& file, const AccountData& data);

}  // namespace orrery::web
