#include "chat/guild_rules.h"

#include <algorithm>
#include <array>

namespace orrery::chat {
namespace {

// What stands at the path or its nearest parent.
template <class T>
struct Found {
  T value;
  std::string_view path;
};

std::optional<Found<Rank>> required_rank(const GuildRules& rules, std::string_view path) {
  if (rules.commands.empty()) return std::nullopt;
  for (std::optional at = path; at; at = parent_of(*at)) {
    if (const auto found = rules.commands.find(*at); found != rules.commands.end())
      return Found<Rank>{found->second, *at};
  }
  return std::nullopt;
}

std::optional<Found<Exception>> exception_for(const Exceptions& exceptions, std::string_view path,
                                              std::string_view subject) {
  if (exceptions.empty()) return std::nullopt;
  for (std::optional at = path; at; at = parent_of(*at)) {
    const auto here = exceptions.find(*at);
    if (here == exceptions.end()) continue;
    if (const auto found = here->second.find(subject); found != here->second.end())
      return Found<Exception>{found->second, *at};
  }
  return std::nullopt;
}

Ruling ruling_of(bool allowed) { return allowed ? Ruling::allowed : Ruling::denied; }

Rank rank_of(const GuildRules& rules, const Subject& who) {
  return who.roles == nullptr ? Rank{} : rank_of(rules, *who.roles);
}

Decision decide_by_exception(const GuildRules& rules, const Subject& who,
                             const Found<Exception>& exception, Ground ground) {
  return {.ruling = ruling_of(exception.value == Exception::allow),
          .ground = ground,
          .has = rank_of(rules, who),
          .by = exception.path};
}

Decision decide_by_rank(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted,
                        const Subject& who) {
  const auto has = rank_of(rules, who);
  if (const auto required = required_rank(rules, wanted.path)) {
    return {.ruling = ruling_of(has >= required->value),
            .ground = Ground::rank,
            .has = has,
            .required = required->value,
            .by = required->path};
  }
  if (wanted.access == Access::open)
    return {.ruling = Ruling::allowed, .ground = Ground::open, .has = has};
  const auto policy = rules.unconfigured.value_or(otherwise);
  return {.ruling = ruling_of(policy == Unconfigured::allow),
          .ground = Ground::unconfigured,
          .has = has};
}

std::string ranked(const GuildRules& rules, Rank rank) {
  return fmt::format("{} ({})", rank.number(), name_of(rules, rank));
}

std::string rank_step(const GuildRules& rules, const Decision& decision) {
  return fmt::format("'{}' requires rank {}; the member has rank {}", decision.by,
                     ranked(rules, decision.required), ranked(rules, decision.has));
}

// What each rule found, told for every rule up to the one that decided.
struct Told {
  Ground ground;
  std::string no;   // when it did not apply
  std::string yes;  // when it decided
};

std::vector<Told> story(const GuildRules& rules, const Decision& d) {
  const auto verb = d.allowed() ? "allows" : "denies";
  return {{Ground::bot_owner, "is not the owner of the bot", "is the owner of the bot"},
          {Ground::never_assignable, "the command can be given to others than the bot's owner",
           "the command is for the bot's owner alone, and can be given to nobody"},
          {Ground::sysadmin, "is no sysadmin of the bot", "is a sysadmin of the bot"},
          {Ground::guild_owner, "does not own the guild", "owns the guild"},
          {Ground::direct_message, "this is a guild, where ranks count",
           fmt::format("this is a direct message, where nobody has a rank: the command is {} there",
                       d.allowed() ? "everyone's" : "the owner's")},
          {Ground::user_exception, "there is no exception for this user",
           fmt::format("an exception for this user at '{}' {} it", d.by, verb)},
          {Ground::channel_exception, "there is no exception for this channel",
           fmt::format("an exception for this channel at '{}' {} it", d.by, verb)},
          {Ground::rank, "no rank is required of the command or its parents", rank_step(rules, d)},
          {Ground::open, "the command is not open to everyone by itself",
           "nobody has restricted the command, and it is open to everyone"},
          {Ground::unconfigured, "",
           fmt::format("nobody has configured the command, and unconfigured commands are {}",
                       d.allowed() ? "allowed" : "denied")}};
}

}  // namespace

std::string_view name_of(Access access) {
  switch (access) {
    case Access::open:
      return "open";
    case Access::ranked:
      return "ranked";
    case Access::owner:
      return "owner";
  }
  std::unreachable();
}

std::string name_of(const GuildRules& rules, Rank rank) {
  if (const auto at = rules.names.find(rank); at != rules.names.end()) return at->second;
  const auto place = static_cast<std::size_t>(rank.number());
  return place < default_rank_names.size() ? std::string{default_rank_names[place]}
                                           : fmt::format("Rank {}", rank.number());
}

Rank rank_of(const GuildRules& rules, const std::vector<std::string>& roles) {
  Rank highest;
  for (const auto& role : roles) {
    if (const auto at = rules.roles.find(std::string_view{role}); at != rules.roles.end())
      highest = std::max(highest, at->second);
  }
  return highest;
}

Subject subject_of(const Message& message) {
  return {.guild = message.guild,
          .channel = message.channel,
          .id = message.author.id,
          .standing = message.author.standing,
          .roles = &message.author.roles};
}

Someone who_said(const Message& message) {
  return {.guild = message.guild, .channel = message.channel, .author = message.author};
}

std::string exception_key(std::string_view path, std::string_view subject) {
  return fmt::format("{}\n{}", path, subject);
}

std::optional<std::string_view> parent_of(std::string_view path) {
  const auto at = path.rfind(' ');
  if (at == std::string_view::npos) return std::nullopt;
  return path.substr(0, at);
}

Decision decide(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted,
                const Subject& who) {
  if (who.standing == Standing::owner) return {Ruling::allowed, Ground::bot_owner};
  if (wanted.access == Access::owner) return {Ruling::denied, Ground::never_assignable};
  if (who.standing == Standing::sysadmin) return {Ruling::allowed, Ground::sysadmin};
  if (who.guild.empty()) {
    const bool allowed = wanted.access == Access::open || otherwise == Unconfigured::allow;
    return {ruling_of(allowed), Ground::direct_message};
  }
  if (who.standing == Standing::guild_owner) return {Ruling::allowed, Ground::guild_owner};
  if (const auto at = exception_for(rules.user_exceptions, wanted.path, who.id))
    return decide_by_exception(rules, who, *at, Ground::user_exception);
  if (const auto at = exception_for(rules.channel_exceptions, wanted.path, who.channel))
    return decide_by_exception(rules, who, *at, Ground::channel_exception);
  return decide_by_rank(rules, otherwise, wanted, who);
}

int asked_for(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted) {
  constexpr int above_all = Rank::most + 1;
  if (wanted.access == Access::owner) return above_all;
  if (const auto required = required_rank(rules, wanted.path)) return required->value.number();
  if (wanted.access == Access::open) return 0;
  return rules.unconfigured.value_or(otherwise) == Unconfigured::allow ? 0 : above_all;
}

std::vector<Step> explain(const GuildRules& rules, Unconfigured otherwise, const Wanted& wanted,
                          const Subject& who) {
  const auto decision = decide(rules, otherwise, wanted, who);
  std::vector<Step> steps;
  for (auto& told : story(rules, decision)) {
    if (told.ground == decision.ground) {
      steps.push_back({std::move(told.yes), decision.ruling});
      break;
    }
    steps.push_back({std::move(told.no), std::nullopt});
  }
  return steps;
}

std::string refusal(const GuildRules& rules, const Decision& decision, std::string_view command) {
  switch (decision.ground) {
    case Ground::never_assignable:
      return fmt::format("Only the owner of the bot may use '{}'.", command);
    case Ground::rank:
      return fmt::format("'{}' needs rank {}; you have rank {}.", command,
                         ranked(rules, decision.required), ranked(rules, decision.has));
    case Ground::user_exception:
      return fmt::format("You were excepted from using '{}'.", command);
    case Ground::channel_exception:
      return fmt::format("'{}' may not be used in this channel.", command);
    case Ground::direct_message:
      return fmt::format("Only the owner may use '{}' in a direct message.", command);
    default:
      return fmt::format("Only the owner may use '{}' here: nobody else has been given it.",
                         command);
  }
}

}  // namespace orrery::chat
