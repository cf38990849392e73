// What begins a command in a guild: the port, its in-memory implementation, and the matching.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "async/patience.h"
#include "async/task.h"
#include "chat/message.h"

namespace orrery::chat {

using async::Patience;

inline constexpr std::size_t most_prefixes = 10;  // of one guild

// Threads   the bot strand.
class Prefixes {
 public:
  using List = std::vector<std::string>;
  // Makes of what there is what there shall be, when no other change is under way.
  using Edit = std::function<Result<List>(List)>;

  virtual ~Prefixes() = default;
  // Never empty, the longest first: the default where nothing was set. Valid until the next change.
  virtual std::span<const std::string> of(std::string_view guild) const = 0;
  // Replaces the guild's prefixes, by the default if there are none; visible at once, and kept with
  // an entry of the audit log.
  // Errors: the edit's, invalid (see check_prefixes), and those of whatever keeps it; nothing has
  // changed then.
  virtual Task<> edit(std::string guild, Edit edit, Author by, Patience patience) = 0;
  Task<> set(std::string guild, List prefixes, Author by, Patience patience);
};

// Without an audit log.
class MemoryPrefixes final : public Prefixes {
 public:
  explicit MemoryPrefixes(std::string fallback) : fallback_{std::move(fallback)} {}
  std::span<const std::string> of(std::string_view guild) const override;
  Task<> edit(std::string guild, Edit edit, Author by, Patience patience) override;

 private:
  std::vector<std::string> fallback_;
  std::map<std::string, std::vector<std::string>, std::less<>> prefixes_;
};

// Without doubles, the longest first, which is the order in which they are matched.
std::vector<std::string> in_order(std::vector<std::string> prefixes);

// Where nothing is kept: the default everywhere.
class DefaultPrefixes final : public Prefixes {
 public:
  explicit DefaultPrefixes(std::string prefix) : prefixes_{std::move(prefix)} {}
  std::span<const std::string> of(std::string_view) const override { return prefixes_; }
  // Errors: unavailable, always.
  Task<> edit(std::string guild, Edit edit, Author by, Patience patience) override;

 private:
  const List prefixes_;
};

// Edits that add one, or take one away. Errors: not_found (there is no such prefix).
Prefixes::Edit with_prefix(std::string prefix);
Prefixes::Edit without_prefix(std::string prefix);

// Errors: invalid.
Result<> check_prefix(std::string_view prefix);
// Errors: invalid, also for direct messages: they are many people's, and have the default.
Result<> check_prefixes(std::string_view guild, std::span<const std::string> prefixes);

enum class Case { matters, ignored };

// The text after the first (that is, longest) prefix that matches; nothing if none does. Where the
// case is ignored, that means the letters a to z.
std::optional<std::string_view> strip_prefix(std::string_view text,
                                             std::span<const std::string> prefixes, Case letters);

// The text after a mention of `self` at its beginning: <@ID>, <@!ID> or @ID.
std::optional<std::string_view> strip_mention(std::string_view text, std::string_view self);

}  // namespace orrery::chat
