// What begins a command in a guild: the port, its in-memory implementation, and the matching.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "async/stop_token.h"
#include "async/task.h"
#include "core/time.h"

namespace orrery::chat {

// Threads   the bot strand.
class Prefixes {
 public:
  virtual ~Prefixes() = default;
  // Never empty: the default where nothing was set.
  virtual std::vector<std::string> of(const std::string& guild) const = 0;
  // Replaces the guild's prefixes by one; visible at once, and kept.
  // Errors: invalid (empty, too long, with spaces), and those of whatever keeps it.
  virtual Task<> set(std::string guild, std::string prefix, TimePoint deadline,
                     async::StopToken token) = 0;
};

class MemoryPrefixes final : public Prefixes {
 public:
  explicit MemoryPrefixes(std::string fallback) : fallback_{std::move(fallback)} {}
  std::vector<std::string> of(const std::string& guild) const override;
  Task<> set(std::string guild, std::string prefix, TimePoint deadline,
             async::StopToken token) override;

 private:
  std::string fallback_;
  std::map<std::string, std::string> prefixes_;
};

// Errors: invalid.
Result<> check_prefix(std::string_view prefix);

// The text after the longest prefix that matches; nothing if none does.
std::optional<std::string_view> strip_prefix(std::string_view text,
                                             const std::vector<std::string>& prefixes);

}  // namespace orrery::chat
