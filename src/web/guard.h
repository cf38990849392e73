// What a handler must hold to be called: proofs that only the router can make.
//
// A handler's last parameter says what it demands, and mounting it without one does not compile:
//
//   Response livez(Request, Public)          anybody
//   Response status(Request, SignedIn)       who is signed in, ready or not
//   Response plugins(Request, Guarded)       who is signed in, and the bot is ready
//
// The order is fixed: authenticate (401), same origin and CSRF (403), scope of an API key (403),
// then the guard (503).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace orrery::web {

// What an API key may do. People who sign in may do everything.
enum class Scope {
  read,     // look: status, timeline, logs, metrics
  chat,     // talk to the bot
  operate,  // retry, restart, shut down, log level
  manage,   // configuration, users, keys
};
std::string_view name_of(Scope scope);
std::optional<Scope> scope_named(std::string_view name);

// Who asks.
struct Principal {
  enum class Via { local_socket, session, api_key };
  std::string name;
  std::string id{};  // of the account: stays when a name is given to somebody else
  Via via = Via::session;
  std::string session{};     // its token, or the key itself, to end it
  std::set<Scope> scopes{};  // of an API key

  bool may(Scope scope) const { return via != Via::api_key || scopes.contains(scope); }
};

class Public {
  friend class Router;
  Public() = default;
};

class SignedIn {
 public:
  const Principal& who() const { return who_; }

 private:
  friend class Router;
  friend class Guarded;
  explicit SignedIn(Principal who) : who_{std::move(who)} {}
  Principal who_;
};

class Guarded {
 public:
  const Principal& who() const { return in_.who(); }

 private:
  friend class Router;
  explicit Guarded(SignedIn in) : in_{std::move(in)} {}
  SignedIn in_;
};

}  // namespace orrery::web
