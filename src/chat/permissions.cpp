#include "chat/permissions.h"

#include <algorithm>

#include "chat/doubt.h"
#include "core/text.h"

namespace orrery::chat {
namespace {

using What = Change::What;

const GuildRules no_rules;

std::string_view path_in(const Change& change) {
  const std::string_view subject = change.subject;
  return subject.substr(0, subject.find('\n'));
}

}  // namespace

// ---- reading

Task<> Permissions::load(Patience patience) {
  auto loading = records_.load(std::move(patience));
  auto guilds = co_await std::move(loading);
  if (!guilds) co_return fail(std::move(guilds).error().with("loading the permissions"));
  guilds_ = std::move(*guilds);
  stale_.clear();
  co_return Result<>{};
}

Task<> Permissions::refresh(Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto reading = read_again(std::move(patience));
  co_return co_await std::move(reading);
}

Task<> Permissions::read_again(Patience patience) {
  const auto stale = stale_;
  for (const auto& guild : stale) {
    auto loading = records_.load_guild(guild, patience);
    auto rules = co_await std::move(loading);
    if (!rules) co_return fail(std::move(rules).error());
    guilds_.insert_or_assign(guild, std::move(*rules));
    stale_.erase(guild);
  }
  co_return Result<>{};
}

const GuildRules& Permissions::rules(std::string_view guild) const {
  const auto at = guilds_.find(guild);
  return at == guilds_.end() ? no_rules : at->second;
}

std::vector<std::string> Permissions::guilds() const {
  std::vector<std::string> ids;
  for (const auto& [id, rules] : guilds_) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

// ---- deciding

Access Permissions::access_of(std::string_view path, Access declared) const {
  for (std::optional at = path; at && !options_.never.empty(); at = parent_of(*at)) {
    if (options_.never.contains(*at)) return Access::owner;
  }
  return declared;
}

Decision Permissions::decide(Wanted wanted, const Subject& who) const {
  wanted.access = access_of(wanted.path, wanted.access);
  return chat::decide(rules(who.guild), options_.otherwise, wanted, who);
}

std::vector<Step> Permissions::explain(Wanted wanted, const Subject& who) const {
  wanted.access = access_of(wanted.path, wanted.access);
  return chat::explain(rules(who.guild), options_.otherwise, wanted, who);
}

Result<Granted<Use>> Permissions::may_use(const Node& node, const Message& message) const {
  const auto decision =
      decide({.path = node.path, .access = node.declaration.access}, subject_of(message));
  if (decision.allowed()) return Granted<Use>{{}};
  return fail(ErrorKind::denied, "{}", refusal(rules(message.guild), decision, node.path));
}

Result<Granted<Edit>> Permissions::may_edit(const Subject& who, std::string name) const {
  const auto decision = decide({.path = "permissions", .access = Access::ranked}, who);
  if (!decision.allowed() || who.guild.empty())
    return fail(ErrorKind::denied, "You may not change the permissions here.");
  const bool all = who.standing != Standing::user;
  return Granted<Edit>{{.guild = std::string{who.guild},
                        .actor = std::string{who.id},
                        .actor_name = std::move(name),
                        .ceiling = all ? Rank::most + 1 : decision.has.number()}};
}

// ---- changing

Result<> Permissions::check_command(std::string_view path, const CommandRegistry& commands) const {
  const auto node = commands.find(path);
  if (!node) {
    std::vector<std::string> paths;
    for (const auto& known : all_of(commands)) paths.push_back(known->path);
    return fail(ErrorKind::not_found, "there is no command '{}'{}", printable(path),
                did_you_mean(path, paths));
  }
  if (access_of(node->path, node->declaration.access) == Access::owner)
    return fail(ErrorKind::denied, "'{}' is for the bot's owner alone and can be given to nobody",
                node->path);
  return {};
}

Result<> Permissions::check_ceiling(const Edit& by, const Change& change) const {
  if (by.ceiling > Rank::most) return {};
  const auto below = [&](const std::optional<std::string>& value) {
    return !value || Rank::parse(*value)->number() < by.ceiling;
  };
  const auto was = value_of(rules(change.guild), change);
  const bool ranks = change.what == What::role || change.what == What::command;
  const bool fine = ranks                       ? below(was) && below(change.value)
                    : change.what == What::rank ? below(change.subject)
                                                : false;  // these reach beyond any rank
  if (fine) return {};
  return fail(ErrorKind::denied, "You may only change what is below your own rank, {}.",
              by.ceiling);
}

Result<> Permissions::check_edit(const Edit& by, const Change& change,
                                 const CommandRegistry& commands) const {
  if (by.guild != change.guild)
    return fail(ErrorKind::denied, "That is another guild than the one you may change.");
  if (auto good = check(change); !good) return good;
  if (change.what == What::rank && change.value) {
    const auto& mine = rules(change.guild);
    for (int i = 0; i <= Rank::most; ++i) {
      if (fmt::to_string(i) != change.subject && name_of(mine, *Rank::of(i)) == *change.value)
        return fail(ErrorKind::conflict, "rank {} is called '{}' already", i, *change.value);
    }
  }
  const bool command = change.what == What::command || change.what == What::user_exception ||
                       change.what == What::channel_exception;
  // What is taken away may belong to a command that is no longer there.
  if (command && change.value) {
    if (auto good = check_command(path_in(change), commands); !good) return good;
  }
  return check_ceiling(by, change);
}

// The references live in the caller's frame, which waits.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::int64_t> Permissions::keep(const Edit& by, Change change,
                                     std::optional<std::int64_t> undoes, Patience patience) {
  AuditEntry entry{.number = 0,
                   .at = wall_now(),
                   .actor = by.actor,
                   .actor_name = by.actor_name,
                   .change = change,
                   .was = value_of(rules(change.guild), change),
                   .undone_by = {}};
  auto keeping = records_.keep(std::move(entry), undoes, patience);
  auto number = co_await std::move(keeping);
  if (number) {
    apply(guilds_[change.guild], change);
    co_return number;
  }
  if (leaves_doubt(number.error().kind())) {
    stale_.insert(change.guild);
    auto reading = read_again(std::move(patience));
    [[maybe_unused]] const auto read = co_await std::move(reading);  // else the watch does it
  }
  co_return fail(std::move(number).error().with("keeping the change"));
}

Task<std::int64_t> Permissions::change(Granted<Edit> by, Change change,
                                       const CommandRegistry& commands, Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  if (auto good = check_edit(*by, change, commands); !good) co_return fail(std::move(good).error());
  auto keeping = keep(*by, std::move(change), std::nullopt, std::move(patience));
  co_return co_await std::move(keeping);
}

Task<std::int64_t> Permissions::undo(Granted<Edit> by, std::int64_t number,
                                     const CommandRegistry& commands, Patience patience) {
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  auto looking = records_.entry(number, patience);
  auto entry = co_await std::move(looking);
  if (!entry) co_return fail(std::move(entry).error());
  auto change = entry->change;
  if (entry->undone_by)
    co_return fail(ErrorKind::conflict, "entry {} was undone already, by entry {}", number,
                   *entry->undone_by);
  if (value_of(rules(change.guild), change) != change.value) {
    co_return fail(ErrorKind::conflict,
                   "what entry {} changed was changed again since: undo that first", number);
  }
  change.value = entry->was;
  if (auto good = check_edit(*by, change, commands); !good) co_return fail(std::move(good).error());
  auto keeping = keep(*by, std::move(change), number, std::move(patience));
  co_return co_await std::move(keeping);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

// ---- in memory

Task<TextNodes<GuildRules>> MemoryPermissionRecords::load(Patience) { co_return guilds_; }

Task<GuildRules> MemoryPermissionRecords::load_guild(std::string guild, Patience) {
  co_return guilds_[guild];
}

Task<std::int64_t> MemoryPermissionRecords::keep(AuditEntry entry,
                                                 std::optional<std::int64_t> undoes, Patience) {
  entry.number = std::ssize(entries_) + 1;
  if (undoes) {
    auto& undone = entries_.at(static_cast<std::size_t>(*undoes) - 1);
    if (undone.undone_by)
      co_return fail(ErrorKind::conflict, "entry {} was undone already", *undoes);
    undone.undone_by = entry.number;
  }
  apply(guilds_[entry.change.guild], entry.change);
  entries_.push_back(std::move(entry));
  co_return entries_.back().number;
}

Task<std::vector<AuditEntry>> MemoryPermissionRecords::audit(std::string guild, std::int64_t before,
                                                             std::size_t most, Patience) {
  std::vector<AuditEntry> found;
  for (auto at = entries_.rbegin(); at != entries_.rend() && found.size() < most; ++at) {
    if (at->number < before && (guild.empty() || at->change.guild == guild)) found.push_back(*at);
  }
  co_return found;
}

Task<AuditEntry> MemoryPermissionRecords::entry(std::int64_t number, Patience) {
  if (number < 1 || number > std::ssize(entries_))
    co_return fail(ErrorKind::not_found, "the audit log has no entry {}", number);
  co_return entries_[static_cast<std::size_t>(number) - 1];
}

}  // namespace orrery::chat
