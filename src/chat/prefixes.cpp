#include "chat/prefixes.h"

#include <algorithm>

#include "core/text.h"

namespace orrery::chat {
namespace {

bool same_letter(char a, char b) { return lower(a) == lower(b); }

bool begins_with(std::string_view text, std::string_view prefix, Case letters) {
  if (letters == Case::matters) return text.starts_with(prefix);
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), same_letter);
}

}  // namespace

std::vector<std::string> in_order(std::vector<std::string> prefixes) {
  std::ranges::sort(prefixes, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  const auto doubles = std::ranges::unique(prefixes);
  prefixes.erase(doubles.begin(), doubles.end());
  return prefixes;
}

Result<> check_prefix(std::string_view prefix) {
  if (prefix.size() <= 16 && is_visible(prefix, Spaces::none)) return {};
  return fail(ErrorKind::invalid, "a prefix has 1 to 16 visible bytes and no spaces");
}

Result<> check_prefixes(std::string_view guild, std::span<const std::string> prefixes) {
  if (guild.empty())
    return fail(ErrorKind::invalid, "direct messages have no prefixes of their own");
  if (guild.size() > 256 || !is_visible(guild, Spaces::none))
    return fail(ErrorKind::invalid, "a guild's id has 1 to 256 visible bytes");
  if (prefixes.size() > most_prefixes)
    return fail(ErrorKind::invalid, "a guild has at most {} prefixes", most_prefixes);
  for (const auto& prefix : prefixes) {
    if (auto good = check_prefix(prefix); !good) return good;
  }
  return {};
}

std::optional<std::string_view> strip_prefix(std::string_view text,
                                             std::span<const std::string> prefixes, Case letters) {
  for (const auto& prefix : prefixes) {
    if (begins_with(text, prefix, letters)) return text.substr(prefix.size());
  }
  return std::nullopt;
}

std::optional<std::string_view> strip_mention(std::string_view text, std::string_view self) {
  if (self.empty() || text.empty() || (text[0] != '<' && text[0] != '@')) return std::nullopt;
  for (const auto& [before, after] :
       {std::pair{"<@", ">"}, std::pair{"<@!", ">"}, std::pair{"@", ""}}) {
    const std::string_view head{before};
    const std::string_view tail{after};
    auto rest = text;
    if (!rest.starts_with(head)) continue;
    rest.remove_prefix(head.size());
    if (!rest.starts_with(self)) continue;
    rest.remove_prefix(self.size());
    if (!rest.starts_with(tail)) continue;
    rest.remove_prefix(tail.size());
    const bool ends = !tail.empty() || rest.empty() || rest.front() == ' ' || rest.front() == ',';
    if (ends) return rest.starts_with(',') ? rest.substr(1) : rest;
  }
  return std::nullopt;
}

Prefixes::Edit with_prefix(std::string prefix) {
  return [prefix = std::move(prefix)](Prefixes::List now) {
    now.push_back(prefix);
    return now;
  };
}

Prefixes::Edit without_prefix(std::string prefix) {
  return [prefix = std::move(prefix)](Prefixes::List now) -> Result<Prefixes::List> {
    if (std::erase(now, prefix) == 0)
      return fail(ErrorKind::not_found, "'{}' is no prefix here.", printable(prefix));
    return now;
  };
}

Task<> DefaultPrefixes::edit(std::string, Edit, Author, Patience) {
  co_return fail(
      Error{ErrorKind::unavailable, "the prefixes could not be read, so none can be set"}.remedy(
          "orrery status says why; orrery restart --component prefixes"));
}

std::span<const std::string> MemoryPrefixes::of(std::string_view guild) const {
  const auto at = prefixes_.find(guild);
  return at == prefixes_.end() ? fallback_ : at->second;
}

Task<> Prefixes::set(std::string guild, List prefixes, Author by, Patience patience) {
  return edit(
      std::move(guild), [prefixes = std::move(prefixes)](const List&) { return prefixes; },
      std::move(by), std::move(patience));
}

Task<> MemoryPrefixes::edit(std::string guild, Edit edit, Author, Patience) {
  const auto now = of(guild);
  auto wanted = edit({now.begin(), now.end()});
  if (!wanted) co_return fail(std::move(wanted).error());
  if (auto good = check_prefixes(guild, *wanted); !good) co_return good;
  if (wanted->empty()) {
    prefixes_.erase(guild);
  } else {
    prefixes_[guild] = in_order(std::move(*wanted));
  }
  co_return Result<>{};
}

}  // namespace orrery::chat
