// A little over 400 lines, because what may be changed of one file is kept in one place: every
// change is made, written, and undone in the same way.
#include "web/accounts.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <sodium.h>

#include "core/text.h"
#include "web/tokens.h"
#include "web/totp.h"

namespace orrery::web {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_sessions = 1000;
constexpr std::size_t most_keys = 100;
constexpr auto session_lasts = 24h * 30;

std::string token_hash(std::string_view token) {
  return token_digest("orrery session token", token);
}
std::string setup_hash(std::string_view token) {
  return token_digest("orrery set-up token ", token);
}
std::string key_hash(std::string_view key) { return token_digest("orrery api key hash ", key); }
std::string code_hash(std::string_view code) { return token_digest("orrery recovery code", code); }
// A recovery code as it was given out, however somebody types it.
std::string as_written(std::string_view code) {
  std::string plain;
  for (const char c : code) {
    if (c != '-' && c != ' ')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain.size() == 8 ? plain.insert(4, "-") : plain;
}
// Names an entry to people without opening it.
std::string id_of(const std::string& hash) { return hash.substr(0, 12); }

Result<> check_name(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= 64 && is_utf8(name) && printable(name) == name;
  if (fits && trim(name) == name) return {};
  return fail(ErrorKind::invalid, "a name has 1 to 64 visible characters");
}

Result<> check_password(const Secret& password) {
  const auto size = password.reveal().size();
  if (size >= 8 && size <= 512) return {};
  return fail(ErrorKind::invalid, "a password has 8 to 512 characters");
}

Result<std::string> hash_now(const Secret& password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const auto& text = password.reveal();
  if (crypto_pwhash_str(out.data(), text.data(), text.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return fail(ErrorKind::unavailable, "there is not enough memory to hash a password");
  }
  return std::string{out.data()};
}

// Takes as long for a name that does not exist, so that time does not tell.
Result<bool> verify_now(const std::string& hash, const Secret& password) {
  static const auto nobody = hash_now(Secret{"nobody's password"});
  const auto& against = hash.empty() && nobody ? *nobody : hash;
  const auto& text = password.reveal();
  const bool right = crypto_pwhash_str_verify(against.c_str(), text.data(), text.size()) == 0;
  return right && !hash.empty();
}

Error no_user(const std::string& name, const AccountData& data) {
  std::vector<std::string> names;
  for (const auto& [known, user] : data.users) names.push_back(known);
  return {ErrorKind::not_found,
          fmt::format("there is no user '{}'{}", name, did_you_mean(name, names))};
}

// Everything that `before` had and `now` lacks ends.
template <class T>
void end_missing(const std::map<std::string, T>& before, const std::map<std::string, T>& now) {
  for (const auto& [hash, entry] : before) {
    if (!now.contains(hash)) entry.life->request_stop(async::StopReason::finished);
  }
}

}  // namespace

Result<> Accounts::load() {
  if (sodium_init() < 0)
    return fail(ErrorKind::internal, "libsodium cannot be used on this machine");
  auto read = read_accounts(file_);
  if (!read) return fail(std::move(read).error());
  data_ = std::move(*read);
  return {};
}

Result<> Accounts::keep_or(AccountData before) {
  auto written = write_accounts(file_, data_);
  if (!written) {
    data_ = std::move(before);
    return written;
  }
  end_missing(before.sessions, data_.sessions);
  end_missing(before.keys, data_.keys);
  return {};
}

// ---- users

std::vector<Accounts::UserView> Accounts::users() const {
  std::vector<UserView> list;
  for (const auto& [name, user] : data_.users)
    list.push_back({name, user.second_factor.has_value()});
  return list;
}

Task<std::string> Accounts::hash(Secret password) {
  std::move_only_function<Result<std::string>()> job = [password = std::move(password)] {
    return hash_now(password);
  };
  auto running = hashing_.run<std::string>(std::move(job));
  co_return co_await std::move(running);
}

Task<bool> Accounts::verify(std::string hash, Secret password) {
  std::move_only_function<Result<bool>()> job = [hash = std::move(hash),
                                                 password = std::move(password)] {
    return verify_now(hash, password);
  };
  auto running = hashing_.run<bool>(std::move(job));
  co_return co_await std::move(running);
}

Task<> Accounts::add(std::string name, Secret password) {
  if (auto good = check_name(name); !good) co_return good;
  if (auto good = check_password(password); !good) co_return good;
  auto hashing = hash(std::move(password));
  auto hashed = co_await std::move(hashing);
  if (!hashed) co_return fail(std::move(hashed).error());
  auto before = data_;
  if (!data_.users
           .emplace(name, User{.password = *hashed, .second_factor = {}, .id = random_token()})
           .second)
    co_return fail(ErrorKind::conflict, "there is a user '{}' already", name);
  co_return keep_or(std::move(before));
}

Task<> Accounts::set_password(std::string name, Secret password) {
  if (auto good = check_password(password); !good) co_return good;
  if (!data_.users.contains(name)) co_return fail(no_user(name, data_));
  auto hashing = hash(std::move(password));
  auto hashed = co_await std::move(hashing);
  if (!hashed) co_return fail(std::move(hashed).error());
  if (!data_.users.contains(name)) co_return fail(no_user(name, data_));  // removed meanwhile
  auto before = data_;
  data_.users[name].password = *hashed;
  std::erase_if(data_.sessions, [&](const auto& entry) { return entry.second.user == name; });
  co_return keep_or(std::move(before));
}

Result<> Accounts::remove(const std::string& name) {
  if (!data_.users.contains(name)) return fail(no_user(name, data_));
  if (data_.users.size() == 1)
    return fail(ErrorKind::conflict, "'{}' is the last user: nobody could sign in any more", name);
  auto before = data_;
  const auto theirs = [&](const auto& entry) { return entry.second.user == name; };
  data_.users.erase(name);
  std::erase_if(data_.sessions, theirs);
  std::erase_if(data_.keys, theirs);
  return keep_or(std::move(before));
}

// ---- sessions

Task<Accounts::Opened> Accounts::sign_in(Credentials given) {
  const auto user = data_.users.find(given.name);
  const auto known = user == data_.users.end() ? std::string{} : user->second.password;
  auto verifying = verify(known, std::move(given.password));
  const auto right = co_await std::move(verifying);
  if (!right) co_return fail(right.error());
  // The password may have been changed meanwhile; the old one must not open a session any more.
  const auto now = data_.users.find(given.name);
  const bool changed = now == data_.users.end() || now->second.password != known;
  if (!*right || changed) co_return fail(ErrorKind::denied, "the name or the password is wrong");
  if (auto admitted = admit_code(given.name, given.code); !admitted)
    co_return fail(std::move(admitted).error());
  co_return open_session(given.name, std::move(given.agent));
}

Result<Accounts::Opened> Accounts::open_session(const std::string& user, std::string agent) {
  const auto token = random_token();
  auto before = data_;
  std::erase_if(data_.sessions,
                [now = wall_now()](const auto& entry) { return entry.second.expires < now; });
  if (data_.sessions.size() >= most_sessions) {
    data_.sessions.erase(std::ranges::min_element(
        data_.sessions, {}, [](const auto& entry) { return entry.second.expires; }));
  }
  data_.sessions[token_hash(token)] = {.user = user,
                                       .expires = wall_now() + session_lasts,
                                       .begun = wall_now(),
                                       .agent = printable(agent.substr(0, 200))};
  if (auto kept = keep_or(std::move(before)); !kept) return fail(std::move(kept).error());
  return Opened{token, csrf(token)};
}

void Accounts::sign_out(const std::string& token) {
  const auto at = data_.sessions.find(token_hash(token));
  if (at == data_.sessions.end()) return;
  const auto life = at->second.life;
  data_.sessions.erase(at);
  life->request_stop(async::StopReason::finished);
  [[maybe_unused]] auto saved = write_accounts(file_, data_);  // in memory it is over in any case
}

Result<std::size_t> Accounts::sign_out_everywhere(const std::string& user) {
  auto before = data_;
  const auto ended =
      std::erase_if(data_.sessions, [&](const auto& entry) { return entry.second.user == user; });
  if (auto kept = keep_or(std::move(before)); !kept) return fail(std::move(kept).error());
  return ended;
}

void Accounts::end_expired() {
  const auto over = [now = wall_now()](const auto& entry) {
    const std::optional<WallTime> expires = entry.second.expires;
    if (!expires || *expires >= now) return false;
    entry.second.life->request_stop(async::StopReason::finished);
    return true;
  };
  std::erase_if(data_.sessions, over);
  std::erase_if(data_.keys, over);
}

std::vector<Accounts::SessionView> Accounts::sessions(const std::string& user,
                                                      const std::string& token) const {
  std::vector<SessionView> list;
  const auto mine = token_hash(token);
  for (const auto& [hash, session] : data_.sessions) {
    if (session.user != user || session.expires < wall_now()) continue;
    list.push_back({id_of(hash), session.begun, session.expires, session.agent, hash == mine});
  }
  std::ranges::sort(list, std::ranges::greater{}, &SessionView::begun);
  return list;
}

std::optional<Principal> Accounts::session(const std::string& token) const {
  const auto at = data_.sessions.find(token_hash(token));
  if (at == data_.sessions.end() || at->second.expires < wall_now()) return std::nullopt;
  return Principal{.name = at->second.user,
                   .id = id_of_user(at->second.user),
                   .via = Principal::Via::session,
                   .session = token,
                   .scopes = {}};
}

std::string Accounts::id_of_user(const std::string& name) const {
  const auto at = data_.users.find(name);
  return at == data_.users.end() ? name : at->second.id;
}

async::StopToken Accounts::ending(const Principal& who) const {
  if (who.via == Principal::Via::api_key) {
    const auto at = data_.keys.find(key_hash(who.session));
    return at == data_.keys.end() ? async::StopToken{} : at->second.life->token();
  }
  const auto at = data_.sessions.find(token_hash(who.session));
  return at == data_.sessions.end() ? async::StopToken{} : at->second.life->token();
}

std::string Accounts::csrf(const std::string& token) const {
  return token_digest("orrery csrf header value", token);
}

// ---- set-up

Result<std::string> Accounts::open_setup() {
  auto token = random_token();
  auto before = data_;
  data_.setup = SetupToken{setup_hash(token), wall_now() + 24h};
  if (auto kept = keep_or(std::move(before)); !kept) return fail(std::move(kept).error());
  return token;
}

Task<Accounts::Opened> Accounts::set_up(std::string token, Credentials given) {
  if (!setup_is_open() || data_.setup->hash != setup_hash(token)) {
    Error spent{ErrorKind::denied, "the set-up link is not valid any more"};
    co_return fail(std::move(spent).remedy("make a new one with: orrery user setup-link"));
  }
  if (auto good = check_name(given.name); !good) co_return fail(std::move(good).error());
  if (auto good = check_password(given.password); !good) co_return fail(std::move(good).error());
  const auto spent = std::exchange(data_.setup, std::nullopt);  // before the wait: it counts once
  auto adding = add(given.name, std::move(given.password));
  auto added = co_await std::move(adding);
  if (!added) {
    if (!data_.setup) data_.setup = spent;
    co_return fail(std::move(added).error());
  }
  co_return open_session(given.name, std::move(given.agent));
}

// ---- API keys

std::vector<Accounts::KeyView> Accounts::keys() const {
  std::vector<KeyView> list;
  for (const auto& [hash, key] : data_.keys) list.push_back({id_of(hash), key});
  std::ranges::sort(list, std::ranges::greater{}, [](const auto& view) { return view.key.begun; });
  return list;
}

Result<std::string> Accounts::make_key(ApiKey key) {
  if (auto good = check_name(key.name); !good) return fail(std::move(good).error());
  if (key.scopes.empty()) return fail(ErrorKind::invalid, "a key needs at least one scope");
  if (key.expires && *key.expires <= wall_now())
    return fail(ErrorKind::invalid, "the key would have expired already");
  if (data_.keys.size() >= most_keys) {
    Error full{ErrorKind::limited, fmt::format("there are {} keys already", most_keys)};
    return fail(std::move(full).remedy("revoke those that nobody uses"));
  }
  auto secret = "orrery_" + random_token();
  auto before = data_;
  key.begun = wall_now();
  data_.keys[key_hash(secret)] = std::move(key);
  if (auto kept = keep_or(std::move(before)); !kept) return fail(std::move(kept).error());
  return secret;
}

Result<> Accounts::revoke_key(const std::string& id) {
  auto before = data_;
  if (std::erase_if(data_.keys, [&](const auto& entry) { return id_of(entry.first) == id; }) == 0)
    return fail(ErrorKind::not_found, "there is no key '{}'", printable(id.substr(0, 40)));
  return keep_or(std::move(before));
}

std::optional<Principal> Accounts::key(const std::string& secret) const {
  const auto at = data_.keys.find(key_hash(secret));
  if (at == data_.keys.end()) return std::nullopt;
  const auto& key = at->second;
  if (key.expires && *key.expires < wall_now()) return std::nullopt;
  return Principal{.name = key.user,
                   .id = id_of_user(key.user),
                   .via = Principal::Via::api_key,
                   .session = secret,
                   .scopes = key.scopes};
}

// ---- the second factor

Result<Secret> Accounts::begin_second_factor(const std::string& user) {
  if (!data_.users.contains(user)) return fail(no_user(user, data_));
  Secret secret{random_base32()};
  begun_factors_[user] = secret;
  return secret;
}

Result<std::vector<std::string>> Accounts::confirm_second_factor(const std::string& user,
                                                                 const std::string& code) {
  const auto begun = begun_factors_.find(user);
  if (begun == begun_factors_.end() || !data_.users.contains(user))
    return fail(ErrorKind::conflict, "begin with a new secret first");
  const auto step = totp_step(begun->second, code, wall_now());
  if (!step) {
    Error wrong{ErrorKind::invalid, "that code does not belong to this secret"};
    return fail(std::move(wrong).remedy(
        "take the code your authenticator shows now, and look that both clocks are right"));
  }
  std::vector<std::string> codes;
  SecondFactor factor{.secret = begun->second, .last_step = *step, .recovery = {}};
  while (codes.size() < 10) {
    codes.push_back(random_code());
    factor.recovery.push_back(code_hash(codes.back()));
  }
  auto before = data_;
  data_.users[user].second_factor = std::move(factor);
  if (auto kept = keep_or(std::move(before)); !kept) return fail(std::move(kept).error());
  begun_factors_.erase(user);
  return codes;
}

Result<> Accounts::end_second_factor(const std::string& user) {
  if (!data_.users.contains(user)) return fail(no_user(user, data_));
  auto before = data_;
  data_.users[user].second_factor.reset();
  return keep_or(std::move(before));
}

// A code counts once: the next must belong to a later step, and a recovery code is spent.
Result<> Accounts::admit_code(const std::string& user, const std::string& code) {
  auto& factor = data_.users[user].second_factor;
  if (!factor) return {};
  if (code.empty()) return fail(ErrorKind::invalid, "a code of your authenticator is needed");
  auto before = data_;
  const auto step = totp_step(factor->secret, code, wall_now());
  if (step && *step > factor->last_step) {
    factor->last_step = *step;
    return keep_or(std::move(before));
  }
  if (std::erase(factor->recovery, code_hash(as_written(code))) == 0)
    return fail(ErrorKind::invalid, "the code is wrong, or has been used");
  return keep_or(std::move(before));
}

Task<> Accounts::check_password_of(std::string user, Secret password) {
  const auto at = data_.users.find(user);
  const auto known = at == data_.users.end() ? std::string{} : at->second.password;
  auto verifying = verify(known, std::move(password));
  const auto right = co_await std::move(verifying);
  if (!right) co_return fail(right.error());
  if (!*right) co_return fail(ErrorKind::denied, "the password is wrong");
  co_return Result<>{};
}

}  // namespace orrery::web
