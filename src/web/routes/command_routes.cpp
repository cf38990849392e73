// The commands: what they take and do, their reference, and what Discord is told of them.
#include <boost/json.hpp>

#include "chat/command_docs.h"
#include "core/text.h"
#include "discord/control.h"
#include "web/json_list.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using chat::BackOffice;
using chat::Services;

constexpr Duration answer_within = std::chrono::seconds{5};

json::value parameter_of(const chat::Parameter& p) {
  return {{"name", p.name},
          {"kind", name_of(p.kind)},
          {"help", p.help},
          {"required", p.need == chat::Need::required},
          {"choices", array_of(p.choices, [](const auto& c) { return json::value(c); })}};
}

json::value command_of(const chat::Node& node) {
  const auto& c = node.declaration;
  json::object object{
      {"path", node.path},
      {"usage", usage_of(node, "")},
      {"summary", c.summary},
      {"details", c.details},
      {"category", c.category},
      {"access", name_of(c.access)},
      {"group", !c.run},
      {"aliases", array_of(c.aliases, [](const auto& a) { return json::value(a); })},
      {"examples", array_of(c.examples, [](const auto& e) { return json::value(e); })},
      {"platforms", array_of(c.platforms, [](const auto& p) { return json::value(p); })},
      {"parameters", array_of(c.takes.parameters, parameter_of)},
      {"flags", array_of(c.takes.flags, [](const chat::Flag& flag) -> json::value {
         return {{"name", flag.name},
                 {"help", flag.help},
                 {"takes", flag.takes ? json::value(flag.takes->name) : json::value{}}};
       })}};
  if (c.cooldown) {
    object["cooldown"] = {{"per", name_of(c.cooldown->per)},
                          {"uses", c.cooldown->uses},
                          {"within_ms", milliseconds(c.cooldown->within)}};
  }
  if (c.concurrency)
    object["concurrency"] = {{"per", name_of(c.concurrency->per)}, {"most", c.concurrency->most}};
  return object;
}

json::value commands_of(const Services& services) {
  return {{"commands", array_of(all_of(services.commands),
                                [](const auto& node) { return command_of(*node); })}};
}

// The prefix that holds where none was set.
json::value markdown_of(const Services& services) {
  return json::value(chat::markdown_of(services.commands, services.prefixes.of("").front()));
}

json::value discord_of(const Services& services) {
  return discord::application_commands(services.commands);
}

using Look = json::value (*)(const Services&);

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<json::value> look_at(const Services& services, Look look) { co_return look(services); }

asio::awaitable<net::Response> answer(BackOffice& office, async::Clock& clock, Look look) {
  const BackOffice::Question<json::value> question =
      [look](const Services& services, async::Patience) { return look_at(services, look); };
  auto asking = office.ask<json::value>(question, {clock.now() + answer_within, {}});
  auto said = co_await std::move(asking);
  co_return said ? ok(std::move(*said)) : problem(said.error());
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

void add_command_routes(Router& router, BackOffice& office, async::Clock& clock) {
  const std::pair<const char*, Look> pages[] = {{"/api/commands", commands_of},
                                                {"/api/commands/markdown", markdown_of},
                                                {"/api/commands/discord", discord_of}};
  for (const auto& [path, look] : pages) {
    const Router::Call<Guarded> call = [&office, &clock, look](net::Request, Guarded) {
      return answer(office, clock, look);
    };
    router.add("GET", path, call);
  }
}

}  // namespace orrery::web
