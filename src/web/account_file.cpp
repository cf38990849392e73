#include "web/account_file.h"

#include <cstring>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <unistd.h>

#include "core/file.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

WallTime time_of(const json::value& value) {
  return WallTime{std::chrono::milliseconds{value.as_int64()}};
}
std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

json::array texts(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

User user_of(const std::string& name, const json::value& value) {
  if (value.is_string())  // version 1
    return {.password = std::string{value.as_string()}, .second_factor = {}, .id = name};
  const auto& object = value.as_object();
  User user{
      .password = text_of(object, "password"), .second_factor = {}, .id = text_of(object, "id")};
  if (user.id.empty()) user.id = name;
  const auto* factor = object.if_contains("second_factor");
  if (factor == nullptr || factor->is_null()) return user;
  SecondFactor second{.secret = Secret{text_of(factor->as_object(), "secret")},
                      .last_step = factor->at("last_step").as_int64(),
                      .recovery = {}};
  for (const auto& code : factor->at("recovery").as_array())
    second.recovery.emplace_back(code.as_string());
  user.second_factor = std::move(second);
  return user;
}

json::object to_json(const User& user) {
  json::object object{{"id", user.id}, {"password", user.password}, {"second_factor", nullptr}};
  if (user.second_factor) {
    object["second_factor"] = {{"secret", user.second_factor->secret.reveal()},
                               {"last_step", user.second_factor->last_step},
                               {"recovery", texts(user.second_factor->recovery)}};
  }
  return object;
}

Session session_of(const json::object& object) {
  const auto* begun = object.if_contains("begun");
  return {.user = text_of(object, "user"),
          .expires = time_of(object.at("expires")),
          .begun = begun == nullptr ? WallTime{} : time_of(*begun),
          .agent = text_of(object, "agent")};
}

json::object to_json(const Session& session) {
  return {{"user", session.user},
          {"expires", number_of(session.expires)},
          {"begun", number_of(session.begun)},
          {"agent", session.agent}};
}

ApiKey key_of(const json::object& object) {
  ApiKey key{.name = text_of(object, "name"),
             .user = text_of(object, "user"),
             .scopes = {},
             .begun = time_of(object.at("begun")),
             .expires = {}};
  for (const auto& name : object.at("scopes").as_array()) {
    if (const auto scope = scope_named(name.as_string())) key.scopes.insert(*scope);
  }
  if (object.at("expires").is_int64()) key.expires = time_of(object.at("expires"));
  return key;
}

json::object to_json(const ApiKey& key) {
  json::array scopes;
  for (const auto scope : key.scopes) scopes.emplace_back(name_of(scope));
  return {{"name", key.name},
          {"user", key.user},
          {"scopes", std::move(scopes)},
          {"begun", number_of(key.begun)},
          {"expires", key.expires ? json::value(number_of(*key.expires)) : json::value{}}};
}

template <class T>
json::object to_json(const std::map<std::string, T>& entries) {
  json::object object;
  for (const auto& [name, entry] : entries) object[name] = to_json(entry);
  return object;
}

AccountData parse(const std::string& text) {
  AccountData data;
  const auto file = json::parse(text);
  const auto& object = file.as_object();
  for (const auto& [name, user] : object.at("users").as_object())
    data.users[name] = user_of(name, user);
  for (const auto& [hash, session] : object.at("sessions").as_object())
    data.sessions[hash] = session_of(session.as_object());
  if (const auto* keys = object.if_contains("keys")) {
    for (const auto& [hash, key] : keys->as_object()) data.keys[hash] = key_of(key.as_object());
  }
  if (const auto* setup = object.at("setup").if_object())
    data.setup = SetupToken{text_of(*setup, "hash"), time_of(setup->at("expires"))};
  return data;
}

Error file_error(std::string_view doing, const std::string& file, const std::string& why) {
  return Error{ErrorKind::denied, fmt::format("{} {}: {}", doing, file, why)}.remedy(
      "make room on the disk, and give this user the right to write the data folder");
}

}  // namespace

Result<AccountData> read_accounts(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    if (::access(file.c_str(), F_OK) != 0) return AccountData{};
    return fail(file_error("reading", file, std::strerror(errno)));
  }
  std::ostringstream text;
  text << in.rdbuf();
  try {
    return parse(text.str());
  } catch (const std::exception&) {
    Error damaged{ErrorKind::corrupt, file + " is damaged: it is not the JSON that we write"};
    return fail(std::move(damaged).remedy(
        "put a backup in its place, or move it away and add the users anew"));
  }
}

Result<> write_accounts(const std::string& file, const AccountData& data) {
  json::value setup;
  if (data.setup) setup = {{"hash", data.setup->hash}, {"expires", number_of(data.setup->expires)}};
  const auto text = json::serialize(json::object{{"version", 2},
                                                 {"users", to_json(data.users)},
                                                 {"sessions", to_json(data.sessions)},
                                                 {"keys", to_json(data.keys)},
                                                 {"setup", std::move(setup)}});
  if (const auto error = replace_file(file, text, 0600))
    return fail(file_error("writing", file, error.message()));
  return {};
}

}  // namespace orrery::web
