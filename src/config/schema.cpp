#include "config/schema.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace orrery::config {
namespace {

std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return "\"" + printable(*text) + "\"";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return "a list";
}

template <class T>
Result<const T*> expect(const Value& value, std::string_view what) {
  if (const auto* held = std::get_if<T>(&value)) return held;
  return fail(ErrorKind::invalid, "expected {}, found {}", what, shown(value));
}

// A field is named by a function from the settings to it.
template <class F>
Key text(std::string name, std::string fallback, std::string doc, F field) {
  auto set = [field](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<std::string>(value, "a text");
    if (!held) return fail(held.error());
    if (!is_utf8(**held)) return fail(ErrorKind::invalid, "is not valid UTF-8");
    field(s) = std::remove_reference_t<decltype(field(s))>{**held};
    return {};
  };
  return {std::move(name), Kind::text, "\"" + fallback + "\"", std::move(doc), {}, false, set};
}

template <class F>
Key secret(std::string name, std::string doc, F field) {
  Key key = text(std::move(name), "", std::move(doc), field);
  key.secret = true;
  return key;
}

template <class F>
Key integer(std::string name, std::int64_t fallback, std::int64_t least, std::int64_t most,
            std::string doc, F field) {
  auto set = [=](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<std::int64_t>(value, "a whole number");
    if (!held) return fail(held.error());
    if (**held < least || **held > most) {
      return fail(ErrorKind::invalid, "{} is not between {} and {}", **held, least, most);
    }
    field(s) = static_cast<std::remove_reference_t<decltype(field(s))>>(**held);
    return {};
  };
  return {std::move(name), Kind::integer, std::to_string(fallback), std::move(doc), {}, false, set};
}

template <class F>
Key boolean(std::string name, bool fallback, std::string doc, F field) {
  auto set = [field](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<bool>(value, "true or false");
    if (!held) return fail(held.error());
    field(s) = **held;
    return {};
  };
  return {
      std::move(name), Kind::boolean, fallback ? "true" : "false", std::move(doc), {}, false, set};
}

template <class F>
Key duration(std::string name, std::string fallback, std::string doc, F field) {
  auto set = [field](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<std::string>(value, "a duration such as \"5s\" or \"250ms\"");
    if (!held) return fail(held.error());
    const auto parsed = parse_duration(**held);
    if (!parsed) return fail(parsed.error());
    field(s) = *parsed;
    return {};
  };
  return {std::move(name), Kind::duration, "\"" + fallback + "\"", std::move(doc), {}, false, set};
}

template <class E, class F>
Key choice(std::string name, std::string fallback, std::vector<std::pair<std::string, E>> choices,
           std::string doc, F field) {
  std::vector<std::string> names;
  for (const auto& [word, e] : choices) names.push_back(word);
  auto set = [field, choices, names](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<std::string>(value, "one of " + join(names, ", "));
    if (!held) return fail(held.error());
    const auto at = std::ranges::find(choices, **held, &std::pair<std::string, E>::first);
    if (at == choices.end()) {
      return fail(ErrorKind::invalid, "'{}' is none of {}{}", printable(**held), join(names, ", "),
                  did_you_mean(**held, names));
    }
    field(s) = at->second;
    return {};
  };
  return {std::move(name), Kind::choice, "\"" + fallback + "\"", std::move(doc), names, false, set};
}

template <class F>
Key list(std::string name, std::string doc, F field) {
  auto set = [field](Settings& s, const Value& value) -> Result<> {
    const auto held = expect<std::vector<std::string>>(value, "a list of texts");
    if (!held) return fail(held.error());
    field(s) = **held;
    return {};
  };
  return {std::move(name), Kind::list, "[]", std::move(doc), {}, false, set};
}

// Adds a condition to a key's setter.
Key checked(Key key, std::function<Result<>(const Value&)> check) {
  key.set = [set = key.set, check = std::move(check)](Settings& s, const Value& value) -> Result<> {
    auto done = set(s, value);
    return done ? check(value) : std::move(done);
  };
  return key;
}

Result<> check_url(const Value& value) {
  const auto& url = std::get<std::string>(value);
  const auto scheme = url.substr(0, url.find(':'));
  if (scheme == "sqlite" && url.size() > 7) return {};
  if ((scheme == "postgresql" || scheme == "postgres") && url.starts_with(scheme + "://"))
    return {};
  return fail(ErrorKind::invalid,
              "'{}' is not a database this program knows: write sqlite:FILE or "
              "postgresql://USER:PASSWORD@HOST:PORT/NAME",
              printable(scheme));
}

Result<> check_prefix(const Value& value) {
  const auto& prefix = std::get<std::string>(value);
  if (!prefix.empty() && prefix.size() <= 16 &&
      prefix.find_first_of(" \t\r\n") == std::string::npos)
    return {};
  return fail(ErrorKind::invalid, "a prefix has 1 to 16 bytes and no spaces");
}

Result<> check_host(const Value& value) {
  if (!std::get<std::string>(value).empty()) return {};
  return fail(ErrorKind::invalid, "is empty: write an address to listen on, such as 127.0.0.1");
}

std::vector<Key> make_schema() {
  using S = Settings;
  return {
      checked(text("http.host", "127.0.0.1", "Address that the dashboard and the API listen on.",
                   [](S& s) -> auto& { return s.http.host; }),
              check_host),
      integer("http.port", 6185, 0, 65535, "Port they listen on; 0 picks a free one.",
              [](S& s) -> auto& { return s.http.port; }),
      list("http.allowed_hosts",
           "Names, besides addresses and localhost, by which browsers may reach the server.",
           [](S& s) -> auto& { return s.http.allowed_hosts; }),
      list("http.trusted_proxies", "Addresses of reverse proxies whose X-Forwarded headers count.",
           [](S& s) -> auto& { return s.http.trusted_proxies; }),
      integer("http.max_connections", 1024, 1, 100000, "Connections served at the same time.",
              [](S& s) -> auto& { return s.http.max_connections; }),
      duration("http.read_timeout", "10s", "How long a client may take to send its request.",
               [](S& s) -> auto& { return s.http.read_timeout; }),
      choice<Level>("log.level", "info",
                    {{"debug", Level::debug},
                     {"info", Level::info},
                     {"warn", Level::warn},
                     {"error", Level::error}},
                    "The least important lines that are written.",
                    [](S& s) -> auto& { return s.log.level; }),
      choice<LogFormat>(
          "log.format", "auto",
          {{"auto", LogFormat::automatic}, {"human", LogFormat::human}, {"json", LogFormat::json}},
          "auto: for people on a terminal, JSON otherwise.",
          [](S& s) -> auto& { return s.log.format; }),
      boolean("log.file", true, "Also write JSON lines to logs/orrery.log in the data folder.",
              [](S& s) -> auto& { return s.log.file; }),
      list("owner.ids", "Ids of users, as their platform gives them, who may do everything.",
           [](S& s) -> auto& { return s.owner.ids; }),
      list("owner.sysadmins",
           "Ids of users who may use every command but those of the owner alone.",
           [](S& s) -> auto& { return s.owner.sysadmins; }),
      [] {
        Key key = checked(secret("database.url",
                                 "Where data is kept: sqlite:FILE (relative to the data folder) or "
                                 "postgresql://USER:PASSWORD@HOST:PORT/NAME.",
                                 [](S& s) -> auto& { return s.database.url; }),
                          check_url);
        key.fallback = "\"sqlite:orrery.db\"";
        return key;
      }(),
      duration("database.busy_timeout", "5s", "How long to wait for another process's lock.",
               [](S& s) -> auto& { return s.database.busy_timeout; }),
      duration("database.connect_timeout", "5s", "How long PostgreSQL may take to let us in.",
               [](S& s) -> auto& { return s.database.connect_timeout; }),
      integer("database.connections", 4, 1, 200, "Connections that stay open.",
              [](S& s) -> auto& { return s.database.connections; }),
      integer("database.overflow", 4, 0, 200, "Connections that come in a rush, and go again.",
              [](S& s) -> auto& { return s.database.overflow; }),
      duration("database.wait", "5s", "How long a call may wait for a free connection.",
               [](S& s) -> auto& { return s.database.wait; }),
      duration("database.check_after", "30s",
               "A connection idle for so long is asked for a sign of life before it is used.",
               [](S& s) -> auto& { return s.database.check_after; }),
      duration("database.max_age", "30m", "When a connection is replaced by a new one.",
               [](S& s) -> auto& { return s.database.max_age; }),
      duration("database.slow_statement", "250ms", "Statements that take longer are logged.",
               [](S& s) -> auto& { return s.database.slow_statement; }),
      boolean("database.backup_before_migration", true,
              "Copy the database into backups/ of the data folder before a migration changes it.",
              [](S& s) -> auto& { return s.database.backup_before_migration; }),
      integer("database.backups", 10, 1, 1000, "How many of those copies are kept.",
              [](S& s) -> auto& { return s.database.backups; }),
      checked(text("commands.prefix", "!", "What begins a command where no other prefix is set.",
                   [](S& s) -> auto& { return s.commands.prefix; }),
              check_prefix),
      boolean("commands.case_insensitive_prefix", false,
              "Take a prefix written in capitals or not for the same.",
              [](S& s) -> auto& { return s.commands.case_insensitive_prefix; }),
      boolean("commands.mention_prefix", true, "Take a mention of the bot for a prefix.",
              [](S& s) -> auto& { return s.commands.mention_prefix; }),
      duration("commands.budget", "30s", "How long one command may take.",
               [](S& s) -> auto& { return s.commands.budget; }),
      choice<Unconfigured>(
          "permissions.unconfigured", "deny",
          {{"deny", Unconfigured::deny}, {"allow", Unconfigured::allow}},
          "Who may use a command that needs a rank, where no rank was set: nobody or everyone.",
          [](S& s) -> auto& { return s.permissions.unconfigured; }),
      list("permissions.never",
           "More commands that only the bot's owner may use and that can be given to nobody.",
           [](S& s) -> auto& { return s.permissions.never; }),
      boolean("history.enabled", false,
              "Keep what is said in channels, for plugins and models that need what went before.",
              [](S& s) -> auto& { return s.history.enabled; }),
      duration("history.keep", "720h", "How long it is kept.",
               [](S& s) -> auto& { return s.history.keep; }),
      boolean("metrics.enabled", true, "Serve /metrics.",
              [](S& s) -> auto& { return s.metrics.enabled; }),
      duration("lifecycle.budgets.start", "10s", "How long one component may take to start.",
               [](S& s) -> auto& { return s.lifecycle.budgets.start; }),
      duration("lifecycle.budgets.start_cap", "60s",
               "The most a component may extend that to; the database, 15 minutes.",
               [](S& s) -> auto& { return s.lifecycle.budgets.start_cap; }),
      duration("lifecycle.budgets.slow", "1s", "When a starting component is named as slow.",
               [](S& s) -> auto& { return s.lifecycle.budgets.slow; }),
      duration("lifecycle.budgets.drain", "5s",
               "How long a component may finish what is in flight.",
               [](S& s) -> auto& { return s.lifecycle.budgets.drain; }),
      duration("lifecycle.budgets.stop", "5s", "How long one component may take to stop.",
               [](S& s) -> auto& { return s.lifecycle.budgets.stop; }),
      duration("lifecycle.budgets.grace", "1s", "From a cancelled hook to an abandoned one.",
               [](S& s) -> auto& { return s.lifecycle.budgets.grace; }),
      duration("lifecycle.stop", "20s", "The whole stop, whatever its parts may take.",
               [](S& s) -> auto& { return s.lifecycle.stop_total; }),
      duration("lifecycle.rollback", "20s", "The whole roll-back of a failed start.",
               [](S& s) -> auto& { return s.lifecycle.rollback_total; }),
      duration("lifecycle.lame_duck", "0s", "Still accept work for so long after readiness fell.",
               [](S& s) -> auto& { return s.lifecycle.lame_duck; }),
      choice<OnFailure>(
          "lifecycle.on_failure", "hold",
          {{"hold", OnFailure::hold}, {"exit", OnFailure::exit}, {"retry", OnFailure::retry}},
          "After a failed start: wait to be repaired, end with 1, or try again.",
          [](S& s) -> auto& { return s.lifecycle.on_failure; }),
      integer("lifecycle.parallel_starts", 0, 0, 10000, "Starts at the same time; 0: no limit.",
              [](S& s) -> auto& { return s.lifecycle.parallel_starts; }),
      secret("discord.token",
             "Token of the Discord bot; kept for the Discord platform, which this version does not "
             "have.",
             [](S& s) -> auto& { return s.discord.token; }),
      secret("sentry.dsn",
             "Where error reports go; kept for error reporting, which this version does not have.",
             [](S& s) -> auto& { return s.sentry.dsn; }),
  };
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorKind::invalid, "expected a whole number, found \"{}\"", printable(text));
  }
  return number;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::integer:
      return "integer";
    case Kind::boolean:
      return "boolean";
    case Kind::duration:
      return "duration";
    case Kind::choice:
      return "choice";
    case Kind::list:
      return "list";
  }
  std::unreachable();
}

std::span<const Key> schema() {
  static const std::vector<Key> keys = make_schema();
  return keys;
}

const Key* find_key(std::string_view name) {
  const auto at = std::ranges::find(schema(), name, &Key::name);
  return at == schema().end() ? nullptr : &*at;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const auto& key : schema()) names.push_back(key.name);
  return names;
}

Result<Value> parse_text(const Key& key, std::string_view text) {
  switch (key.kind) {
    case Kind::integer: {
      auto number = parse_integer(text);
      if (!number) return fail(std::move(number).error());
      return Value{*number};
    }
    case Kind::boolean:
      if (text == "true" || text == "1" || text == "yes") return Value{true};
      if (text == "false" || text == "0" || text == "no") return Value{false};
      return fail(ErrorKind::invalid, "expected true or false, found \"{}\"", printable(text));
    case Kind::list: {
      std::vector<std::string> items;
      for (const auto item : split(text, ',')) {
        if (!trim(item).empty()) items.emplace_back(trim(item));
      }
      return Value{std::move(items)};
    }
    case Kind::text:
    case Kind::duration:
    case Kind::choice:
      return Value{std::string{text}};
  }
  std::unreachable();
}

Result<Duration> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  const auto* const at =
      std::ranges::find(units, unit, &std::pair<std::string_view, std::int64_t>::first);
  if (code != std::errc{} || at == std::end(units) || number < 0 || number > 1'000'000) {
    return fail(ErrorKind::invalid, "expected a duration such as \"5s\" or \"250ms\", found \"{}\"",
                printable(text));
  }
  return Duration{number * at->second};
}

}  // namespace orrery::config
