#include "chat/change.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::chat {
namespace {

using What = Change::What;

constexpr std::pair<What, std::string_view> names[] = {
    {What::rank, "rank"},
    {What::role, "role"},
    {What::command, "command"},
    {What::user_exception, "user exception"},
    {What::channel_exception, "channel exception"},
    {What::unconfigured, "unconfigured"}};

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_subject = 256;

enum class As { wished, kept };

Result<> check_line(std::string_view text, std::size_t longest, std::string_view what, As as) {
  const bool good = as == As::wished ? is_visible(text, Spaces::fine) : !text.empty();
  if (text.size() > longest || !good)
    return fail(ErrorKind::invalid, "{} has 1 to {} visible bytes", what, longest);
  return {};
}

// The first line of an exception's key is a path, the second whom it is for.
Result<> check_exception_key(std::string_view key, As as) {
  const auto parts = split(key, '\n');
  if (parts.size() != 2) return fail(ErrorKind::invalid, "an exception is for one user or channel");
  if (auto good = check_line(parts[0], longest_subject, "a command", as); !good) return good;
  return check_line(parts[1], longest_subject, "an id", as);
}

Result<> check_subject(const Change& change, As as) {
  switch (change.what) {
    case What::rank: {
      const auto rank = Rank::parse(change.subject);
      return rank ? Result<>{} : fail(rank.error());
    }
    case What::role:
      return check_line(change.subject, longest_subject, "a role's id", as);
    case What::command:
      return check_line(change.subject, longest_subject, "a command", as);
    case What::user_exception:
    case What::channel_exception:
      return check_exception_key(change.subject, as);
    case What::unconfigured:
      return {};
  }
  std::unreachable();
}

Result<> check_value(const Change& change, As as) {
  if (!change.value) return {};
  switch (change.what) {
    case What::rank:
      return check_line(*change.value, longest_name, "a rank's name", as);
    case What::role:
    case What::command: {
      const auto rank = Rank::parse(*change.value);
      return rank ? Result<>{} : fail(rank.error());
    }
    case What::user_exception:
    case What::channel_exception:
    case What::unconfigured:
      if (*change.value == "allow" || *change.value == "deny") return {};
      return fail(ErrorKind::invalid, "write allow or deny, not '{}'", printable(*change.value));
  }
  std::unreachable();
}

Exception exception_of(std::string_view text) {
  return text == "deny" ? Exception::deny : Exception::allow;
}

template <class Map, class Key, class Make>
void put(Map& map, const Key& key, const std::optional<std::string>& value, Make make) {
  if (value) {
    map[key] = make(*value);
  } else {
    map.erase(key);
  }
}

template <class Map, class Key, class Show>
std::optional<std::string> look(const Map& map, const Key& key, Show show) {
  const auto at = map.find(key);
  return at == map.end() ? std::nullopt : std::optional<std::string>{show(at->second)};
}

Rank rank_in(const std::string& text) { return *Rank::parse(text); }
std::string shown(Rank rank) { return fmt::to_string(rank.number()); }
std::string shown(Exception exception) { return exception == Exception::allow ? "allow" : "deny"; }

// "config ranks\n123" -> "config ranks", "123".
std::pair<std::string, std::string> parts_of(const std::string& key) {
  const auto at = key.find('\n');
  return {key.substr(0, at), key.substr(at + 1)};
}

void put_exception(Exceptions& exceptions, const std::string& key,
                   const std::optional<std::string>& value) {
  const auto [path, subject] = parts_of(key);
  auto& here = exceptions[path];
  put(here, subject, value, exception_of);
  if (here.empty()) exceptions.erase(path);
}

std::optional<std::string> look_exception(const Exceptions& exceptions, const std::string& key) {
  const auto [path, subject] = parts_of(key);
  const auto here = exceptions.find(path);
  if (here == exceptions.end()) return std::nullopt;
  return look(here->second, subject, [](Exception exception) { return shown(exception); });
}

Result<> check_as(const Change& change, As as) {
  if (auto good = check_line(change.guild, longest_subject, "a guild's id", as); !good) return good;
  if (auto good = check_subject(change, as); !good) return good;
  return check_value(change, as);
}

}  // namespace

std::string_view name_of(Change::What what) {
  return std::ranges::find(names, what, &std::pair<What, std::string_view>::first)->second;
}

std::optional<Change::What> what_named(std::string_view name) {
  const auto* at = std::ranges::find(names, name, &std::pair<What, std::string_view>::second);
  if (at == std::end(names)) return std::nullopt;
  return at->first;
}

Result<> check(const Change& change) { return check_as(change, As::wished); }
Result<> check_kept(const Change& change) { return check_as(change, As::kept); }

void apply(GuildRules& rules, const Change& change) {
  const auto& [guild, what, subject, value] = change;
  switch (what) {
    case What::rank:
      return put(rules.names, rank_in(subject), value, [](const std::string& v) { return v; });
    case What::role:
      return put(rules.roles, subject, value, rank_in);
    case What::command:
      return put(rules.commands, subject, value, rank_in);
    case What::user_exception:
      return put_exception(rules.user_exceptions, subject, value);
    case What::channel_exception:
      return put_exception(rules.channel_exceptions, subject, value);
    case What::unconfigured:
      rules.unconfigured.reset();
      if (value) rules.unconfigured = *value == "allow" ? Unconfigured::allow : Unconfigured::deny;
      return;
  }
}

std::optional<std::string> value_of(const GuildRules& rules, const Change& change) {
  const auto show = [](const auto& value) { return shown(value); };
  switch (change.what) {
    case What::rank:
      return look(rules.names, rank_in(change.subject), [](const std::string& v) { return v; });
    case What::role:
      return look(rules.roles, change.subject, show);
    case What::command:
      return look(rules.commands, change.subject, show);
    case What::user_exception:
      return look_exception(rules.user_exceptions, change.subject);
    case What::channel_exception:
      return look_exception(rules.channel_exceptions, change.subject);
    case What::unconfigured:
      if (!rules.unconfigured) return std::nullopt;
      return *rules.unconfigured == Unconfigured::allow ? "allow" : "deny";
  }
  std::unreachable();
}

}  // namespace orrery::chat
