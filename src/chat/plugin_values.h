// What plugins keep: values by name, each plugin's apart, within a quota.
//
// Threads   any one strand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/patience.h"
#include "async/task.h"

namespace orrery::chat {

using async::Patience;

struct Quota {
  std::size_t value = std::size_t{64} << 10U;  // bytes of one value
  std::size_t total = std::size_t{1} << 20U;   // bytes of all values of a plugin, names included
  std::size_t names = 10'000;
};

class PluginValues {
 public:
  using Bytes = std::vector<std::byte>;
  struct Usage {
    std::size_t bytes = 0;
    std::size_t names = 0;
  };

  virtual ~PluginValues() = default;
  // Nothing: there is no such value.
  virtual Task<std::optional<Bytes>> get(std::string plugin, std::string name,
                                         Patience patience) = 0;
  // Errors: invalid (the name), limited (the quota); the old value stays then.
  virtual Task<> set(std::string plugin, std::string name, Bytes value, Patience patience) = 0;
  virtual Task<> remove(std::string plugin, std::string name, Patience patience) = 0;
  // In order; those that begin with `prefix`.
  virtual Task<std::vector<std::string>> names(std::string plugin, std::string prefix,
                                               Patience patience) = 0;
  virtual Task<Usage> usage(std::string plugin, Patience patience) = 0;
  // Forgets everything of a plugin.
  virtual Task<> clear(std::string plugin, Patience patience) = 0;
};

class MemoryPluginValues final : public PluginValues {
 public:
  explicit MemoryPluginValues(Quota quota = {}) : quota_{quota} {}
  Task<std::optional<Bytes>> get(std::string plugin, std::string name, Patience patience) override;
  Task<> set(std::string plugin, std::string name, Bytes value, Patience patience) override;
  Task<> remove(std::string plugin, std::string name, Patience patience) override;
  Task<std::vector<std::string>> names(std::string plugin, std::string prefix,
                                       Patience patience) override;
  Task<Usage> usage(std::string plugin, Patience patience) override;
  Task<> clear(std::string plugin, Patience patience) override;

 private:
  const Quota quota_;
  std::map<std::string, std::map<std::string, Bytes>> plugins_;
};

// Names have 1 to 256 bytes of text without control characters. Errors: invalid, limited.
Result<> check_value(std::string_view name, std::size_t size, const Quota& quota);
// Whether the plugin may have so much with the new value. Errors: limited.
Result<> check_quota(const std::string& plugin, PluginValues::Usage with_it, const Quota& quota);

}  // namespace orrery::chat
