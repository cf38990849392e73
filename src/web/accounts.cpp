#include "web/accounts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "core/text.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::string text(sodium_base64_encoded_len(count, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                   '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, count,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return base64(bytes.data(), bytes.size());
}

std::string digest(std::string_view domain, std::string_view text) {
  std::array<unsigned char, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), reinterpret_cast<const unsigned char*>(domain.data()),
                     domain.size());
  return base64(hash.data(), hash.size());
}

// Domains of at least 16 bytes: libsodium takes them as keys.
std::string token_hash(std::string_view token) { return digest("orrery session token", token); }
std::string setup_hash(std::string_view token) { return digest("orrery set-up token ", token); }

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

Error file_error(std::string_view doing, const std::string& file) {
  return Error{ErrorKind::denied, fmt::format("{} {}: {}", doing, file, std::strerror(errno))}
      .remedy("make room on the disk, and give this user the right to write the data folder");
}

// Whole or not at all: written beside, forced to disk, and renamed over.
Result<> replace_file(const std::string& file, const std::string& text) {
  const auto beside = file + ".new";
  ::unlink(beside.c_str());  // what an interrupted write, or somebody else, left there
  const int descriptor =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(file_error("writing", beside));
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (written && ::rename(beside.c_str(), file.c_str()) == 0) return {};
  auto error = file_error("writing", file);
  ::unlink(beside.c_str());
  return fail(std::move(error));
}

WallTime time_of(const json::value& value) {
  return WallTime{std::chrono::milliseconds{value.as_int64()}};
}

}  // namespace

Result<> Accounts::load() {
  if (sodium_init() < 0)
    return fail(ErrorKind::internal, "libsodium cannot be used on this machine");
  std::ifstream in{file_, std::ios::binary};
  if (!in) {
    if (::access(file_.c_str(), F_OK) != 0) return {};
    return fail(file_error("reading", file_));
  }
  std::ostringstream text;
  text << in.rdbuf();
  try {
    const auto file = json::parse(text.str());
    for (const auto& [name, hash] : file.at("users").as_object())
      users_[name] = hash.as_string().c_str();
    for (const auto& [hash, session] : file.at("sessions").as_object()) {
      sessions_[hash] = {session.at("user").as_string().c_str(), time_of(session.at("expires"))};
    }
    if (const auto* setup = file.at("setup").if_object()) {
      setup_ = Setup{setup->at("hash").as_string().c_str(), time_of(setup->at("expires"))};
    }
  } catch (const std::exception&) {
    Error damaged{ErrorKind::corrupt, file_ + " is damaged: it is not the JSON that we write"};
    return fail(std::move(damaged).remedy(
        "put a backup in its place, or move it away and add the users anew"));
  }
  return {};
}

Result<> Accounts::save() const {
  json::object users;
  for (const auto& [name, hash] : users_) users[name] = hash;
  json::object sessions;
  for (const auto& [hash, session] : sessions_) {
    sessions[hash] = {{"user", session.user},
                      {"expires", session.expires.time_since_epoch().count()}};
  }
  json::value setup;
  if (setup_)
    setup = {{"hash", setup_->hash}, {"expires", setup_->expires.time_since_epoch().count()}};
  return replace_file(
      file_, json::serialize(json::object{
                 {"version", 1}, {"users", users}, {"sessions", sessions}, {"setup", setup}}));
}

std::vector<std::string> Accounts::names() const {
  std::vector<std::string> names;
  for (const auto& [name, hash] : users_) names.push_back(name);
  return names;
}

Task<std::string> Accounts::hash(Secret password) {
  std::move_only_function<Result<std::string>()> job = [password = std::move(password)] {
    return hash_now(password);
  };
  auto running = hashing_.run<std::string>(std::move(job));
  co_return co_await std::move(running);
}

Task<> Accounts::add(std::string name, Secret password) {
  if (auto good = check_name(name); !good) co_return good;
  if (auto good = check_password(password); !good) co_return good;
  auto hashing = hash(std::move(password));
  auto hashed = co_await std::move(hashing);
  if (!hashed) co_return fail(std::move(hashed).error());
  if (!users_.emplace(name, *hashed).second)
    co_return fail(ErrorKind::conflict, "there is a user '{}' already", name);
  if (auto saved = save(); !saved) {
    users_.erase(name);
    co_return saved;
  }
  co_return Result<>{};
}

Task<> Accounts::set_password(std::string name, Secret password) {
  if (auto good = check_password(password); !good) co_return good;
  if (!users_.contains(name))
    co_return fail(ErrorKind::not_found, "there is no user '{}'{}", name,
                   did_you_mean(name, names()));
  auto hashing = hash(std::move(password));
  auto hashed = co_await std::move(hashing);
  if (!hashed) co_return fail(std::move(hashed).error());
  const auto before = std::exchange(users_[name], *hashed);
  const auto sessions_before = sessions_;
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.user == name; });
  if (auto saved = save(); !saved) {
    users_[name] = before;
    sessions_ = sessions_before;
    co_return saved;
  }
  for (const auto& [hash, session] : sessions_before) {
    if (session.user == name) session.life->request_stop(async::StopReason::finished);
  }
  co_return Result<>{};
}

Task<Accounts::Opened> Accounts::sign_in(std::string name, Secret password) {
  const auto user = users_.find(name);
  const auto known = user == users_.end() ? std::string{} : user->second;
  std::move_only_function<Result<bool>()> job = [known, password = std::move(password)] {
    return verify_now(known, password);
  };
  auto running = hashing_.run<bool>(std::move(job));
  const auto right = co_await std::move(running);
  if (!right) co_return fail(right.error());
  // The password may have been changed meanwhile; the old one must not open a session any more.
  const auto now = users_.find(name);
  const bool changed = now == users_.end() || now->second != known;
  if (!*right || changed) co_return fail(ErrorKind::denied, "the name or the password is wrong");
  co_return open_session(name);
}

Result<Accounts::Opened> Accounts::open_session(const std::string& user) {
  const auto token = random_token();
  std::erase_if(sessions_,
                [now = wall_now()](const auto& entry) { return entry.second.expires < now; });
  if (sessions_.size() >= 1000) {
    sessions_.erase(std::ranges::min_element(
        sessions_, {}, [](const auto& entry) { return entry.second.expires; }));
  }
  sessions_[token_hash(token)] = {user, wall_now() + std::chrono::hours{24 * 30}};
  if (auto saved = save(); !saved) {
    sessions_.erase(token_hash(token));
    return fail(std::move(saved).error());
  }
  return Opened{token, csrf(token)};
}

void Accounts::sign_out(const std::string& token) {
  const auto at = sessions_.find(token_hash(token));
  if (at == sessions_.end()) return;
  const auto life = at->second.life;
  sessions_.erase(at);
  life->request_stop(async::StopReason::finished);
  [[maybe_unused]] auto saved = save();  // in memory the session is over in any case
}

Result<std::string> Accounts::open_setup() {
  auto token = random_token();
  const auto before = std::exchange(setup_, Setup{setup_hash(token), wall_now() + 24h});
  if (auto saved = save(); !saved) {
    setup_ = before;
    return fail(std::move(saved).error());
  }
  return token;
}

Task<Accounts::Opened> Accounts::set_up(std::string token, std::string name, Secret password) {
  if (!setup_is_open() || setup_->hash != setup_hash(token)) {
    Error spent{ErrorKind::denied, "the set-up link is not valid any more"};
    co_return fail(std::move(spent).remedy("make a new one with: orrery user setup-link"));
  }
  if (auto good = check_name(name); !good) co_return fail(std::move(good).error());
  if (auto good = check_password(password); !good) co_return fail(std::move(good).error());
  const auto spent = std::exchange(setup_, std::nullopt);  // before the wait: it counts once
  auto adding = add(name, std::move(password));
  auto added = co_await std::move(adding);
  if (!added) {
    if (!setup_) setup_ = spent;
    co_return fail(std::move(added).error());
  }
  co_return open_session(name);
}

std::optional<Principal> Accounts::session(const std::string& token) const {
  const auto at = sessions_.find(token_hash(token));
  if (at == sessions_.end() || at->second.expires < wall_now()) return std::nullopt;
  return Principal{.name = at->second.user, .via = Principal::Via::session, .session = token};
}

async::StopToken Accounts::ending(const std::string& token) const {
  const auto at = sessions_.find(token_hash(token));
  return at == sessions_.end() ? async::StopToken{} : at->second.life->token();
}

std::string Accounts::csrf(const std::string& token) const {
  return digest("orrery csrf header value", token);
}

}  // namespace orrery::web
