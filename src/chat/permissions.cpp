#include "chat/permissions.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::chat {
namespace {

using What = Change::What;

const GuildRules no_rules;

const Error doubt{ErrorKind::unavailable,
                  "The permissions of this place are being read again: try again in a moment."};

std::string_view path_in(const Change& change) {
  const std::string_view subject = change.subject;
  return subject.substr(0, subject.find('\n'));
}

bool is_about_a_command(What what) {
  return what == What::command || what == What::user_exception || what == What::channel_exception;
}

// A rule stands at the command's own path, whatever alias it was called by, and 03 is 3.
Change in_its_form(Change change, const CommandRegistry& commands) {
  if (change.value && (change.what == What::role || change.what == What::command)) {
    const auto rank = Rank::parse(*change.value);
    if (rank) change.value = fmt::to_string(rank->number());
  }
  if (change.what == What::rank) {
    const auto rank = Rank::parse(change.subject);
    if (rank) change.subject = fmt::to_string(rank->number());
  }
  if (!is_about_a_command(change.what)) return change;
  const auto typed = path_in(change);
  if (const auto node = commands.find(typed)) change.subject.replace(0, typed.size(), node->path);
  return change;
}

std::string asked(int rank) {
  return rank > Rank::most ? std::string{"nobody but the owner"} : fmt::format("rank {}", rank);
}

}  // namespace

Error undo_first(std::int64_t number, std::int64_t later) {
  return {ErrorKind::conflict,
          fmt::format("what entry {} changed was changed again since: undo entry {} first", number,
                      later)};
}

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

// Those above every rule need none of them.
bool Permissions::in_doubt(const Subject& who) const {
  return !stale_.empty() && who.standing == Standing::user && stale_.contains(who.guild);
}

Result<Granted<Use>> Permissions::may_use(const Node& node, const Message& message) const {
  const auto who = subject_of(message);
  if (in_doubt(who)) return fail(Error{doubt});
  const auto decision = decide({.path = node.path, .access = node.declaration.access}, who);
  if (decision.allowed())
    return Granted<Use>{{.command = node.path, .user = message.author.id, .guild = message.guild}};
  return fail(ErrorKind::denied, "{}", refusal(rules(message.guild), decision, node.path));
}

Result<int> Permissions::reach_of(const Edit& by) const {
  const auto subject = by.who.subject();
  if (in_doubt(subject)) return fail(Error{doubt});
  const auto decision = decide({.path = by.command, .access = Access::ranked}, subject);
  if (!decision.allowed() || by.who.guild.empty())
    return fail(ErrorKind::denied, "You may not change the permissions here.");
  return subject.standing == Standing::user ? decision.has.number() : Rank::most + 1;
}

Result<Granted<Edit>> Permissions::may_edit(Someone who, std::string command) const {
  Edit edit{.who = std::move(who), .command = std::move(command)};
  const auto reach = reach_of(edit);
  if (!reach) return fail(reach.error());
  return Granted<Edit>{std::move(edit)};
}

std::vector<std::string> Permissions::resolve_never(const CommandRegistry& commands) {
  std::vector<std::string> unknown;
  std::set<std::string, std::less<>> paths;
  for (const auto& name : options_.never) {
    const auto node = commands.find(name);
    if (!node) unknown.push_back(name);
    paths.insert(node ? node->path : name);
  }
  options_.never = std::move(paths);
  return unknown;
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

// Of everything whose requirement the change would move: the command and, where they inherit it,
// its sub-commands.
Result<> Permissions::check_commands(int reach, const Change& change,
                                     const CommandRegistry& commands) const {
  const auto& before = rules(change.guild);
  auto after = before;
  apply(after, change);
  std::vector<Wanted> touched;
  const auto all = all_of(commands);
  for (const auto& node : all) {
    if (node->path == change.subject || node->path.starts_with(change.subject + " "))
      touched.push_back({node->path, access_of(node->path, node->declaration.access)});
  }
  if (touched.empty()) touched.push_back({.path = change.subject});  // it is gone meanwhile
  for (const auto& wanted : touched) {
    const auto was = asked_for(before, options_.otherwise, wanted);
    const auto becomes = asked_for(after, options_.otherwise, wanted);
    if (was == becomes || (was < reach && becomes < reach)) continue;
    return fail(ErrorKind::denied,
                "You may only change what is below your own rank, {}: '{}' would go from {} to {}.",
                reach, wanted.path, asked(was), asked(becomes));
  }
  return {};
}

Result<> Permissions::check_reach(int reach, const Change& change,
                                  const CommandRegistry& commands) const {
  if (reach > Rank::most) return {};
  const auto below = [&](const std::optional<std::string>& rank) {
    return !rank || Rank::parse(*rank)->number() < reach;
  };
  const bool role = change.what == What::role;
  const bool command = change.what == What::command;
  if ((role || command) && below(value_of(rules(change.guild), change)) && below(change.value))
    return command ? check_commands(reach, change, commands) : Result<>{};
  if (change.what == What::rank && below(change.subject)) return {};
  const bool ranked = role || command || change.what == What::rank;
  return fail(ErrorKind::denied, "You may only change what is below your own rank, {}{}.", reach,
              ranked ? "" : ": this reaches beyond any rank, and is for the guild's owner");
}

// Two ranks of one name could not be told apart.
Result<> Permissions::check_name(const Change& change) const {
  if (change.what != What::rank || !change.value) return {};
  const auto& mine = rules(change.guild);
  for (int i = 0; i <= Rank::most; ++i) {
    const bool same = lower(name_of(mine, *Rank::of(i))) == lower(*change.value);
    if (same && fmt::to_string(i) != change.subject)
      return fail(ErrorKind::conflict, "rank {} is called '{}' already", i,
                  name_of(mine, *Rank::of(i)));
  }
  return {};
}

Result<> Permissions::check_edit(const Edit& by, const Change& change,
                                 const CommandRegistry& commands) const {
  if (by.who.guild != change.guild)
    return fail(ErrorKind::denied, "That is another guild than the one you may change.");
  const auto reach = reach_of(by);
  if (!reach) return fail(reach.error());
  if (auto good = check(change); !good) return good;
  if (auto good = check_name(change); !good) return good;
  // What is taken away may belong to a command that is no longer there.
  if (is_about_a_command(change.what) && change.value) {
    if (auto good = check_command(path_in(change), commands); !good) return good;
  }
  return check_reach(*reach, change, commands);
}

// The references live in the caller's frame, which waits.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<std::int64_t> Permissions::keep(const Edit& by, Change change,
                                     std::optional<std::int64_t> undoes, Patience patience) {
  auto entry = entry_of(by.who.author, change, value_of(rules(change.guild), change));
  auto keeping = records_.keep(std::move(entry), undoes, patience);
  auto number = co_await std::move(keeping);
  if (number) {
    apply(guilds_[change.guild], change);
    co_return number;
  }
  if (number.error().is_unsure()) {
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
  change = in_its_form(std::move(change), commands);
  if (auto good = check_edit(*by, change, commands); !good) co_return fail(std::move(good).error());
  if (value_of(rules(change.guild), change) == change.value)
    co_return fail(ErrorKind::conflict, "it is so already, and nothing was changed");
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
  if (!entry->guild.empty() && entry->guild != by->who.guild)
    co_return fail(ErrorKind::not_found, "the audit log has no entry {} of this guild", number);
  auto changed = change_in(*entry);
  if (!changed) co_return fail(std::move(changed).error());
  auto& change = *changed;
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

// The last change of the same, after `number`, that has neither been undone nor is an undoing of
// such a one; 0 if there is none.
std::int64_t MemoryPermissionRecords::standing_after(std::int64_t number) const {
  const auto& one = entries_[static_cast<std::size_t>(number) - 1];
  std::set<std::int64_t> undoings;
  for (const auto& entry : entries_) {
    if (entry.number > number && entry.undone_by) undoings.insert(*entry.undone_by);
  }
  std::int64_t last = 0;
  for (const auto& entry : entries_) {
    const bool same =
        entry.guild == one.guild && entry.action == one.action && entry.subject == one.subject;
    if (same && entry.number > number && !entry.undone_by && !undoings.contains(entry.number))
      last = entry.number;
  }
  return last;
}

Task<std::int64_t> MemoryPermissionRecords::keep(AuditEntry entry,
                                                 std::optional<std::int64_t> undoes, Patience) {
  const auto change = change_in(entry);
  if (!change) co_return fail(change.error());
  entry.number = std::ssize(entries_) + 1;
  if (undoes) {
    auto& undone = entries_.at(static_cast<std::size_t>(*undoes) - 1);
    if (undone.undone_by)
      co_return fail(ErrorKind::conflict, "entry {} was undone already", *undoes);
    if (const auto later = standing_after(*undoes)) co_return fail(undo_first(*undoes, later));
    undone.undone_by = entry.number;
  }
  apply(guilds_[entry.guild], *change);
  entries_.push_back(std::move(entry));
  co_return entries_.back().number;
}

Task<std::vector<AuditEntry>> MemoryPermissionRecords::audit(std::string guild, std::int64_t before,
                                                             std::size_t most, Patience) {
  std::vector<AuditEntry> found;
  for (auto at = entries_.rbegin(); at != entries_.rend() && found.size() < most; ++at) {
    const bool here = guild.empty() || at->guild.empty() || at->guild == guild;
    if (at->number < before && here) found.push_back(*at);
  }
  co_return found;
}

Task<AuditEntry> MemoryPermissionRecords::entry(std::int64_t number, Patience) {
  if (number < 1 || number > std::ssize(entries_))
    co_return fail(ErrorKind::not_found, "the audit log has no entry {}", number);
  co_return entries_[static_cast<std::size_t>(number) - 1];
}

}  // namespace orrery::chat
