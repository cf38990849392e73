#include "app/commands/commands.h"
#include "core/text.h"

namespace orrery::app {
namespace {

using chat::Change;
using chat::Invocation;
using chat::Parameter;
using chat::Services;

constexpr std::int64_t newest = std::numeric_limits<std::int64_t>::max();

std::string in_words(const chat::AuditEntry& entry) {
  auto what = entry.action + (entry.subject.empty() ? "" : " ") + entry.subject;
  std::ranges::replace(what, '\n', ' ');
  return fmt::format("{} {}{}: {} -> {}{}", what,
                     entry.actor_name.empty() ? "by " : "by " + entry.actor_name + " ", entry.actor,
                     entry.was.value_or("(default)"), entry.became.value_or("(default)"),
                     entry.undone_by ? fmt::format(" (undone by {})", *entry.undone_by) : "");
}

// "none" takes something back.
std::optional<std::string> unless_none(const std::string& text) {
  return lower(text) == "none" ? std::nullopt : std::optional{text};
}

std::string role_name(const chat::Message& message, const std::string& id) {
  if (message.directory == nullptr) return id;
  const auto role = message.directory->role(message.guild, id);
  return role ? role->name : id + " (gone)";
}

void add_exceptions(const chat::Exceptions& exceptions, std::string_view whom,
                    std::vector<std::string>& lines) {
  for (const auto& [path, subjects] : exceptions) {
    for (const auto& [id, ruling] : subjects) {
      lines.push_back(fmt::format("{} {} {} use {}", whom, id,
                                  ruling == chat::Exception::allow ? "may" : "may not", path));
    }
  }
}

// The services outlive the pipeline.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::string> make(const Services& services, Invocation invocation, Change change) {
  const auto& message = invocation.message();
  auto may = services.permissions.may_edit(chat::who_said(message), invocation.command);
  if (!may) co_return fail(std::move(may).error());
  change.guild = message.guild;
  auto changing = services.permissions.change(std::move(*may), std::move(change), services.commands,
                                              invocation.patience());
  const auto number = co_await std::move(changing);
  if (!number) co_return fail(number.error());
  co_return fmt::format("Done. {}permissions undo {} takes it back.", invocation.prefix, *number);
}

Task<std::string> undo(const Services& services, Invocation invocation) {
  const auto& message = invocation.message();
  auto may = services.permissions.may_edit(chat::who_said(message), invocation.command);
  if (!may) co_return fail(std::move(may).error());
  auto undoing =
      services.permissions.undo(std::move(*may), *invocation.given.get<std::int64_t>("entry"),
                                services.commands, invocation.patience());
  const auto number = co_await std::move(undoing);
  if (!number) co_return fail(number.error());
  co_return fmt::format("Undone, as entry {}.", *number);
}

Task<std::string> audit(const Services& services, Invocation invocation) {
  auto reading = services.permissions.records().audit(invocation.message().guild, newest, 10,
                                                      invocation.patience());
  const auto entries = co_await std::move(reading);
  if (!entries) co_return fail(entries.error());
  std::vector<std::string> lines;
  for (const auto& entry : *entries)
    lines.push_back(fmt::format("{} {} {}", entry.number, iso8601(entry.at), in_words(entry)));
  co_return lines.empty() ? std::string{"Nobody has changed anything here yet."}
                          : join(lines, "\n");
}

Task<std::string> show(const Services& services, Invocation invocation) {
  const auto& message = invocation.message();
  const auto& rules = services.permissions.rules(message.guild);
  std::vector<std::string> lines;
  std::map<chat::Rank, std::vector<std::string>> roles;
  std::map<chat::Rank, std::vector<std::string>> commands;
  for (const auto& [role, rank] : rules.roles) roles[rank].push_back(role_name(message, role));
  for (const auto& [path, rank] : rules.commands) commands[rank].push_back(path);
  for (int i = chat::Rank::most; i >= 0; --i) {
    const auto rank = *chat::Rank::of(i);
    const bool named = rules.names.contains(rank);
    if (roles[rank].empty() && commands[rank].empty() && !named) continue;
    lines.push_back(fmt::format("{} {}: roles {}; commands {}", i, name_of(rules, rank),
                                roles[rank].empty() ? "none" : join(roles[rank], ", "),
                                commands[rank].empty() ? "none" : join(commands[rank], ", ")));
  }
  add_exceptions(rules.user_exceptions, "the user", lines);
  add_exceptions(rules.channel_exceptions, "the channel", lines);
  const auto policy = rules.unconfigured.value_or(services.permissions.otherwise());
  lines.push_back(fmt::format("Commands that nobody has configured are {}.",
                              policy == chat::Unconfigured::allow ? "allowed" : "denied"));
  co_return join(lines, "\n");
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

// ---- what each takes

using MakeChange = Change (*)(const chat::Arguments&);

chat::Command changing(const Services& services, std::string name, std::string summary,
                       std::vector<Parameter> parameters, MakeChange change) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .takes = {.parameters = std::move(parameters)},
          .run =
              [&services, change](Invocation invocation) {
                auto wanted = change(invocation.given);
                return make(services, std::move(invocation), std::move(wanted));
              },
          .where = chat::Where::guild};
}

chat::Command asking(const Services& services, std::string name, std::string summary,
                     std::vector<Parameter> parameters,
                     Task<std::string> (*run)(const Services&, Invocation)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .takes = {.parameters = std::move(parameters)},
          .run = [&services,
                  run](Invocation invocation) { return run(services, std::move(invocation)); },
          .where = chat::Where::guild};
}

const Parameter rank_or_none{.name = "rank", .help = "0 to 10, or none"};
const Parameter command_path{.name = "command", .help = "in quotes if it has several words"};

Change role_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::role,
          .subject = given.get<chat::Role>("role")->id,
          .value = unless_none(given.text("rank"))};
}
Change command_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::command,
          .subject = lower(given.text("command")),
          .value = unless_none(given.text("rank"))};
}
// Quotes are needed around several words elsewhere, so people write them here.
std::string unquoted(const std::string& name) {
  const bool quoted = name.size() > 2 && name.starts_with('"') && name.ends_with('"');
  return quoted ? name.substr(1, name.size() - 2) : name;
}

Change rank_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::rank,
          .subject = fmt::to_string(*given.get<std::int64_t>("rank")),
          .value = unless_none(unquoted(given.text("name")))};
}
Change user_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::user_exception,
          .subject = chat::exception_key(lower(given.text("command")),
                                         given.get<chat::Member>("user")->id),
          .value = unless_none(given.text("ruling"))};
}
Change channel_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::channel_exception,
          .subject = chat::exception_key(lower(given.text("command")),
                                         given.get<chat::Channel>("channel")->id),
          .value = unless_none(given.text("ruling"))};
}
Change unconfigured_change(const chat::Arguments& given) {
  return {.guild = {},
          .what = Change::What::unconfigured,
          .subject = {},
          .value = unless_none(given.text("ruling"))};
}

Parameter ruling() {
  return {.name = "ruling", .kind = chat::Kind::choice, .choices = {"allow", "deny", "none"}};
}

}  // namespace

chat::Command permissions_command(const Services& services) {
  using enum chat::Kind;
  return {
      .name = "permissions",
      .summary = "Shows and changes who may use which command here.",
      .aliases = {"perms"},
      .details = "Roles have ranks from 0 to 10, and commands require one.",
      .examples = {"permissions role @mods 3", "permissions command \"prefix set\" 5",
                   "permissions user ping @ada deny"},
      .category = "Guild",
      .where = chat::Where::guild,
      .commands = {
          asking(services, "show", "Shows the ranks, roles and commands.", {}, show),
          asking(services, "audit", "Shows the last changes.", {}, audit),
          asking(services, "undo", "Takes a change back.",
                 {{.name = "entry", .kind = integer, .help = "its number", .least = 1}}, undo),
          changing(services, "role", "Gives a role a rank.",
                   {{.name = "role", .kind = role}, rank_or_none}, role_change),
          changing(services, "command", "Sets the rank that a command requires.",
                   {command_path, rank_or_none}, command_change),
          changing(services, "rank", "Names a rank.",
                   {{.name = "rank", .kind = integer, .least = 0, .most = 10},
                    {.name = "name", .kind = rest, .help = "or none", .least = 1, .most = 64}},
                   rank_change),
          changing(services, "user", "Makes an exception for a user.",
                   {command_path, {.name = "user", .kind = user}, ruling()}, user_change),
          changing(services, "channel", "Makes an exception for a channel.",
                   {command_path, {.name = "channel", .kind = channel}, ruling()}, channel_change),
          changing(services, "unconfigured", "What holds for commands that nobody configured.",
                   {ruling()}, unconfigured_change)}};
}

}  // namespace orrery::app
