#include "chat/prefixes.h"

#include "core/text.h"

namespace orrery::chat {

Result<> check_prefix(std::string_view prefix) {
  const bool spaced = prefix.find_first_of(" \t\r\n") != std::string_view::npos;
  const bool visible = is_utf8(prefix) && printable(prefix) == prefix;
  if (!prefix.empty() && prefix.size() <= 16 && !spaced && visible) return {};
  return fail(ErrorKind::invalid, "a prefix has 1 to 16 visible bytes and no spaces");
}

std::optional<std::string_view> strip_prefix(std::string_view text,
                                             const std::vector<std::string>& prefixes) {
  std::optional<std::string_view> rest;
  std::size_t longest = 0;
  for (const auto& prefix : prefixes) {
    if (prefix.size() <= longest || !text.starts_with(prefix)) continue;
    longest = prefix.size();
    rest = text.substr(prefix.size());
  }
  return rest;
}

std::vector<std::string> MemoryPrefixes::of(const std::string& guild) const {
  const auto at = prefixes_.find(guild);
  return {at == prefixes_.end() ? fallback_ : at->second};
}

Task<> MemoryPrefixes::set(std::string guild, std::string prefix, TimePoint, async::StopToken) {
  if (auto good = check_prefix(prefix); !good) co_return good;
  prefixes_[guild] = std::move(prefix);
  co_return Result<>{};
}

}  // namespace orrery::chat
