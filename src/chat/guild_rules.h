// Who may use which command in one guild: the rules as a value, and the decision over them.
//
// Everything here is pure. The order of the decision, the first that applies:
//   1. the owner of the bot may do everything; only they use commands that are never assignable
//   2. sysadmins and the owner of the guild may use every other command
//   3. in a direct message nobody has a rank: an open command is everyone's; the rest is as the
//   setting for commands that nobody configured says
//   4. an exception for the user, then one for the channel: of the command itself before its
//   parents
//   5. a rank required of the command itself, or of the nearest parent that has one
//   6. what nobody configured: an open command is everyone's; the rest is as the setting says
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_map.hpp>

#include "chat/message.h"
#include "chat/rank.h"

namespace orrery::chat {

// What a command asks of its user where no guild says otherwise.
enum class Access {
  open,    // everyone
  ranked,  // whoever a guild gives the rank; nobody, or everyone, until it has (a setting)
  owner,   // the owner of the bot; can never be given to anybody
};
std::string_view name_of(Access access);

enum class Unconfigured { deny, allow };
enum class Exception { allow, deny };
enum class ExceptionFor { user, channel };

// Looked up by what is at hand, without making a string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = boost::unordered_flat_map<std::string, T, TextHash, std::equal_to<>>;

// The same where values are large: each stands by itself, and the table stays small.
template <class T>
using TextNodes = boost::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// By path, then by whom it is for; no path is there without somebody.
using Exceptions = TextMap<TextMap<Exception>>;

struct GuildRules {
  std::map<Rank, std::string> names;  // where they differ from the default
  TextMap<Rank> roles;                // by role
  TextMap<Rank> commands;             // by path: "config ranks"
  Exceptions user_exceptions;
  Exceptions channel_exceptions;
  std::optional<Unconfigured> unconfigured;  // nothing: as the program's setting says

  bool empty() const {
    return names.empty() && roles.empty() && commands.empty() && user_exceptions.empty() &&
           channel_exceptions.empty() && !unconfigured;
  }
};

std::string name_of(const GuildRules& rules, Rank rank);
// The highest of the member's roles.
Rank rank_of(const GuildRules& rules, const std::vector<std::string>& roles);

// Who wants to use a command, and where.
struct Subject {
  std::string_view guild{};
  std::string_view channel{};
  std::string_view id{};
  Standing standing = Standing::user;
  const std::vector<std::string>* roles = nullptr;
};
Subject subject_of(const Message& message);

// The same, by itself: what a Subject only points to.
struct Someone {
  std::string guild{};
  std::string channel{};
  Author author{};

  Subject subject() const {
    return {.guild = guild,
            .channel = channel,
            .id = author.id,
            .standing = author.standing,
            .roles = &author.roles};
  }
};
Someone who_said(const Message& message);

struct Wanted {
  std::string_view path;  // "config ranks init": the command with its parents, by their names
  Access access = Access::ranked;
};

enum class Ruling { allowed, denied };

// Why: the rule that decided, and what it rests on.
enum class Ground {
  bot_owner,
  never_assignable,
  sysadmin,
  guild_owner,
  direct_message,
  user_exception,
  channel_exception,
  rank,
  open,
  unconfigured,
};
struct Decision {
  Ruling ruling = Ruling::denied;
  Ground ground = Ground::unconfigured;
  Rank has{};             // of the member
  Rank required{};        // if the ground is a rank
  std::string_view by{};  // the part of the path that an exception or a rank stands at

  bool allowed() const { return ruling == Ruling::allowed; }
};
Decision decide(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted,
                const Subject& who);

// What the command asks for in the end, by its own rank, its parents' or the policy: the number of
// a rank, or one above them all if no rank is enough.
int asked_for(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted);

// The decision step by step, for a person: what was looked at, in order, and what came of it.
struct Step {
  std::string text;
  std::optional<Ruling> ruling;  // of the step that decided
};
std::vector<Step> explain(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted,
                          const Subject& who);
// One sentence for whoever was refused.
std::string refusal(const GuildRules& rules, const Decision& decision, std::string_view command);

// How exceptions are named in changes: the path and whom it is for.
std::string exception_key(std::string_view path, std::string_view subject);
// "a b c", then "a b", then "a".
std::optional<std::string_view> parent_of(std::string_view path);

}  // namespace orrery::chat
