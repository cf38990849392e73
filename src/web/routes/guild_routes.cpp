// Permissions and settings of guilds, as the dashboard shows and changes them.
#include <algorithm>
#include <charconv>
#include <limits>

#include <boost/json.hpp>

#include "core/text.h"
#include "web/json_list.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using chat::BackOffice;
using chat::Change;
using chat::Services;

constexpr Duration answer_within = std::chrono::seconds{5};
constexpr std::size_t page = 100;  // entries of the audit log

json::value or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value{};
}

// ---- what is shown

json::array ranks_of(const chat::GuildRules& rules) {
  json::array ranks;
  for (int i = 0; i <= chat::Rank::most; ++i) {
    const auto rank = *chat::Rank::of(i);
    ranks.push_back(
        {{"rank", i}, {"name", name_of(rules, rank)}, {"named_here", rules.names.contains(rank)}});
  }
  return ranks;
}

json::array exceptions_of(const chat::Exceptions& exceptions, std::string_view kind) {
  json::array list;
  for (const auto& [path, subjects] : exceptions) {
    for (const auto& [subject, ruling] : subjects) {
      list.push_back({{"kind", kind},
                      {"command", path},
                      {"subject", subject},
                      {"ruling", ruling == chat::Exception::allow ? "allow" : "deny"}});
    }
  }
  return list;
}

std::string_view word(chat::Unconfigured policy) {
  return policy == chat::Unconfigured::allow ? "allow" : "deny";
}

json::value permissions_of(const Services& services, const std::string& guild) {
  const auto& rules = services.permissions.rules(guild);
  auto roles = array_of(rules.roles, [](const auto& entry) -> json::value {
    return {{"id", entry.first}, {"rank", entry.second.number()}};
  });
  auto commands = array_of(all_of(services.commands), [&](const auto& node) -> json::value {
    const auto at = rules.commands.find(node->path);
    const auto access = services.permissions.access_of(node->path, node->declaration.access);
    return {{"path", node->path},
            {"summary", node->declaration.summary},
            {"access", name_of(access)},
            {"rank", at == rules.commands.end() ? json::value{} : at->second.number()}};
  });
  auto exceptions = exceptions_of(rules.user_exceptions, "user");
  for (auto& one : exceptions_of(rules.channel_exceptions, "channel"))
    exceptions.push_back(std::move(one));
  return {
      {"guild", guild},
      {"ranks", ranks_of(rules)},
      {"roles", std::move(roles)},
      {"commands", std::move(commands)},
      {"exceptions", std::move(exceptions)},
      {"unconfigured", rules.unconfigured ? json::value(word(*rules.unconfigured)) : json::value{}},
      {"otherwise", word(services.permissions.otherwise())}};
}

json::value entry_of(const chat::AuditEntry& entry) {
  return {{"number", entry.number},
          {"at", iso8601(entry.at)},
          {"guild", entry.guild},
          {"actor", entry.actor},
          {"actor_name", entry.actor_name},
          {"what", entry.action},
          {"subject", entry.subject},
          {"was", or_null(entry.was)},
          {"became", or_null(entry.became)},
          {"undoable", chat::what_named(entry.action).has_value()},
          {"undone_by", entry.undone_by ? json::value(*entry.undone_by) : json::value{}}};
}

json::value guild_of(const Services& services, const std::string& guild) {
  const auto prefixes = services.prefixes.of(guild);
  const auto* maintenance = chat::maintenance(services.settings);
  return {{"guild", guild},
          {"prefixes", array_of(prefixes, [](const auto& p) { return json::value(p); })},
          {"maintenance", maintenance == nullptr ? json::value{} : json::value(*maintenance)}};
}

// The web chat is a guild of its own, and always there.
json::value guilds_of(const Services& services, const std::string&) {
  json::array ids{"webchat"};
  for (const auto& id : services.permissions.guilds()) {
    if (id != "webchat") ids.push_back(json::value(id));
  }
  return {{"guilds", std::move(ids)}};
}

// ---- what is asked

// Whoever may manage the dashboard owns the bot.
chat::Someone owner_of(const std::string& guild, const Principal& who) {
  return {
      .guild = guild,
      .author = {.id = "account:" + who.id, .name = who.name, .standing = chat::Standing::owner}};
}

Result<Change> change_in(const json::object& body) {
  auto guild = field_of(body, "guild");
  auto what = guild ? field_of(body, "what") : guild;
  auto subject = what ? field_of(body, "subject") : what;
  if (!subject) return fail(std::move(subject).error());
  const auto named = chat::what_named(*what);
  if (!named) return fail(ErrorKind::invalid, "there is no change '{}'", printable(*what));
  const auto* value = body.if_contains("value");
  if (value == nullptr || (!value->is_string() && !value->is_null()))
    return fail(ErrorKind::invalid, "the field 'value' must be a text or null");
  Change change{.guild = *guild, .what = *named, .subject = *subject, .value = {}};
  if (value->is_string()) change.value = std::string{value->as_string()};
  return change;
}

// {"prefixes":["!","?"]}, {"add":"?"} or {"remove":"?"}
Result<chat::Prefixes::Edit> edit_in(const json::object& body) {
  if (body.contains("add") + body.contains("remove") + body.contains("prefixes") > 1)
    return fail(ErrorKind::invalid, "give one of 'prefixes', 'add' and 'remove'");
  if (const auto* one = body.if_contains("add"); one != nullptr && one->is_string())
    return chat::with_prefix(std::string{one->as_string()});
  if (const auto* one = body.if_contains("remove"); one != nullptr && one->is_string())
    return chat::without_prefix(std::string{one->as_string()});
  const auto* list = body.if_contains("prefixes");
  const bool good = list != nullptr && list->is_array() &&
                    std::ranges::all_of(list->as_array(), &json::value::is_string);
  if (!good)
    return fail(ErrorKind::invalid,
                "give 'prefixes', a list of texts, or one text to 'add' or to 'remove'");
  chat::Prefixes::List prefixes;
  for (const auto& one : list->as_array()) prefixes.emplace_back(one.as_string());
  return [prefixes](const chat::Prefixes::List&) { return prefixes; };
}

// A question about one guild, answered on the bot strand at once.
using Look = json::value (*)(const Services&, const std::string& guild);

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<json::value> look_at(const Services& services, Look look, std::string guild) {
  co_return look(services, guild);
}

Task<json::value> make_change(const Services& services, Change change, Principal who,
                              async::Patience patience) {
  auto may = services.permissions.may_edit(owner_of(change.guild, who), "permissions");
  if (!may) co_return fail(std::move(may).error());
  auto changing = services.permissions.change(std::move(*may), std::move(change), services.commands,
                                              std::move(patience));
  const auto number = co_await std::move(changing);
  if (!number) co_return fail(number.error());
  co_return json::value{{"number", *number}};
}

Task<json::value> undo_change(const Services& services, std::string guild, std::int64_t number,
                              Principal who, async::Patience patience) {
  auto may = services.permissions.may_edit(owner_of(guild, who), "permissions");
  if (!may) co_return fail(std::move(may).error());
  auto undoing =
      services.permissions.undo(std::move(*may), number, services.commands, std::move(patience));
  const auto entry = co_await std::move(undoing);
  if (!entry) co_return fail(entry.error());
  co_return json::value{{"number", *entry}};
}

struct Question {
  std::string guild;
  std::string command;
  std::string user;
  std::string channel;
  std::string roles;  // their ids, with commas
  std::string standing;
};

// What only the platform knows.
Result<chat::Standing> standing_in(const std::string& name) {
  if (name.empty()) return chat::Standing::user;
  for (const auto standing : {chat::Standing::user, chat::Standing::guild_owner}) {
    if (name == chat::name_of(standing)) return standing;
  }
  return fail(ErrorKind::invalid, "a standing is 'user' or 'guild owner', not '{}'",
              printable(name));
}

Task<json::value> explain(const Services& services, Question asked) {
  const auto& [guild, command, user, channel, roles, standing] = asked;
  const auto node = services.commands.find(lower(command));
  if (!node) {
    co_return fail(ErrorKind::not_found, "there is no command '{}'{}", printable(command),
                   did_you_mean(command, services.commands.names()));
  }
  chat::Author author{.id = user, .name = user};
  for (const auto role : split(roles, ',')) {
    if (!trim(role).empty()) author.roles.emplace_back(trim(role));
  }
  const auto said = standing_in(standing);
  if (!said) co_return fail(said.error());
  author.standing = *said;
  author.standing = services.owners.standing_of(author);
  const chat::Someone one{.guild = guild, .channel = channel, .author = author};
  const chat::Wanted wanted{.path = node->path, .access = node->declaration.access};
  const bool allowed = services.permissions.decide(wanted, one.subject()).allowed();
  const auto steps = services.permissions.explain(wanted, one.subject());
  co_return json::value{
      {"allowed", allowed},
      {"steps", array_of(steps, [](const chat::Step& step) -> json::value {
         const bool yes = step.ruling == chat::Ruling::allowed;
         return {{"text", step.text},
                 {"ruling", step.ruling ? json::value(yes ? "allowed" : "denied") : json::value{}}};
       })}};
}

Task<json::value> audit(const Services& services, std::string guild, std::int64_t before,
                        async::Patience patience) {
  auto reading =
      services.permissions.records().audit(std::move(guild), before, page, std::move(patience));
  const auto entries = co_await std::move(reading);
  if (!entries) co_return fail(entries.error());
  co_return json::value{{"entries", array_of(*entries, entry_of)}};
}

Task<json::value> edit_prefixes(const Services& services, std::string guild,
                                chat::Prefixes::Edit edit, Principal who,
                                async::Patience patience) {
  auto editing = services.prefixes.edit(guild, std::move(edit), owner_of(guild, who).author,
                                        std::move(patience));
  auto edited = co_await std::move(editing);
  if (!edited) co_return fail(std::move(edited).error());
  co_return guild_of(services, guild);
}

Task<json::value> set_maintenance(const Services& services, std::optional<std::string> reason,
                                  Principal who, async::Patience patience) {
  auto setting = chat::set_maintenance(services.settings, std::move(reason),
                                       owner_of("", who).author, std::move(patience));
  auto set = co_await std::move(setting);
  if (!set) co_return fail(std::move(set).error());
  co_return json::value{};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

class GuildRoutes {
 public:
  GuildRoutes(BackOffice& office, async::Clock& clock) : office_{office}, clock_{clock} {}

  asio::awaitable<net::Response> ask(BackOffice::Question<json::value> question) {
    auto asking = office_.ask<json::value>(std::move(question), {clock_.now() + answer_within, {}});
    auto answer = co_await std::move(asking);
    co_return answer ? ok(std::move(*answer)) : problem(answer.error());
  }
  asio::awaitable<net::Response> refuse(Error error) { co_return problem(error); }

  asio::awaitable<net::Response> look(const net::Request& request, Look look) {
    const auto guild = request.parameter("guild").value_or("");
    return ask([guild, look](const Services& services, async::Patience) {
      return look_at(services, look, guild);
    });
  }
  asio::awaitable<net::Response> change(const net::Request& request, Principal who) {
    const auto body = object_of(request);
    auto change = body ? change_in(*body) : Result<Change>{fail(body.error())};
    if (!change) return refuse(std::move(change).error());
    return ask([change = *change, who](const Services& services, async::Patience patience) {
      return make_change(services, change, who, std::move(patience));
    });
  }
  asio::awaitable<net::Response> undo(const net::Request& request, Principal who) {
    const auto body = object_of(request);
    auto guild = body ? field_of(*body, "guild") : Result<std::string>{fail(body.error())};
    if (!guild) return refuse(std::move(guild).error());
    const auto* number = body->if_contains("number");
    if (number == nullptr || !number->is_int64())
      return refuse({ErrorKind::invalid, "the field 'number' must be a whole number"});
    return ask([guild = *guild, number = number->as_int64(), who](const Services& services,
                                                                  async::Patience patience) {
      return undo_change(services, guild, number, who, std::move(patience));
    });
  }
  asio::awaitable<net::Response> explain_it(const net::Request& request) {
    const auto get = [&](const char* name) { return request.parameter(name).value_or(""); };
    const Question asked{.guild = get("guild"),
                         .command = get("command"),
                         .user = get("user"),
                         .channel = get("channel"),
                         .roles = get("roles"),
                         .standing = get("standing")};
    return ask(
        [asked](const Services& services, async::Patience) { return explain(services, asked); });
  }
  asio::awaitable<net::Response> audit_log(const net::Request& request) {
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    if (const auto given = request.parameter("before")) {
      const auto* const end = given->data() + given->size();
      const auto read = std::from_chars(given->data(), end, before);
      if (read.ptr != end || read.ec != std::errc{} || before < 1)
        return refuse({ErrorKind::invalid, "'before' must be the number of an entry"});
    }
    const auto guild = request.parameter("guild").value_or("");
    return ask([guild, before](const Services& services, async::Patience patience) {
      return audit(services, guild, before, std::move(patience));
    });
  }
  asio::awaitable<net::Response> put_prefixes(const net::Request& request, Principal who) {
    const auto body = object_of(request);
    auto guild = body ? field_of(*body, "guild") : Result<std::string>{fail(body.error())};
    if (!guild) return refuse(std::move(guild).error());
    const auto edit = edit_in(*body);
    if (!edit) return refuse(edit.error());
    return ask(
        [guild = *guild, edit = *edit, who](const Services& services, async::Patience patience) {
          return edit_prefixes(services, guild, edit, who, std::move(patience));
        });
  }
  asio::awaitable<net::Response> put_maintenance(const net::Request& request, Principal who) {
    const auto body = object_of(request);
    if (!body) return refuse(body.error());
    const auto* given = body->if_contains("reason");
    if (given == nullptr || (!given->is_string() && !given->is_null()))
      return refuse({ErrorKind::invalid, "the field 'reason' must be a text or null"});
    std::optional<std::string> reason;
    if (given->is_string()) reason = std::string{given->as_string()};
    return ask([reason, who](const Services& services, async::Patience patience) {
      return set_maintenance(services, reason, who, std::move(patience));
    });
  }

 private:
  BackOffice& office_;
  async::Clock& clock_;
};

}  // namespace

void add_guild_routes(Router& router, BackOffice& office, async::Clock& clock) {
  const auto routes = std::make_shared<GuildRoutes>(office, clock);
  const auto looking = [&](const std::string& path, Look look) {
    const Router::Call<Guarded> call = [routes, look](net::Request r, Guarded) {
      return routes->look(r, look);
    };
    router.add("GET", path, call);
  };
  looking("/api/guilds", guilds_of);
  looking("/api/permissions", permissions_of);
  looking("/api/guild", guild_of);
  const Router::Call<Guarded> explain = [routes](net::Request r, Guarded) {
    return routes->explain_it(r);
  };
  const Router::Call<Guarded> audit = [routes](net::Request r, Guarded) {
    return routes->audit_log(r);
  };
  const Router::Call<Guarded> change = [routes](net::Request r, Guarded in) {
    return routes->change(r, in.who());
  };
  const Router::Call<Guarded> undo = [routes](net::Request r, Guarded in) {
    return routes->undo(r, in.who());
  };
  const Router::Call<Guarded> prefixes = [routes](net::Request r, Guarded in) {
    return routes->put_prefixes(r, in.who());
  };
  const Router::Call<Guarded> maintenance = [routes](net::Request r, Guarded in) {
    return routes->put_maintenance(r, in.who());
  };
  router.add("GET", "/api/permissions/explain", explain);
  router.add("GET", "/api/audit", audit);
  router.add("POST", "/api/permissions/change", change);
  router.add("POST", "/api/permissions/undo", undo);
  router.add("POST", "/api/guild/prefixes", prefixes);
  router.add("POST", "/api/maintenance", maintenance);
}

}  // namespace orrery::web
