#include "chat/plugin_values.h"

#include "core/text.h"

namespace orrery::chat {

Result<> check_value(std::string_view name, std::size_t size, const Quota& quota) {
  if (name.empty() || name.size() > 256 || !is_utf8(name) || printable(name) != name)
    return fail(ErrorKind::invalid, "a value's name has 1 to 256 visible bytes");
  if (size > quota.value)
    return fail(ErrorKind::limited, "a value has at most {} bytes, not {}", quota.value, size);
  return {};
}

Result<> check_quota(const std::string& plugin, PluginValues::Usage with_it, const Quota& quota) {
  if (with_it.bytes <= quota.total && with_it.names <= quota.names) return {};
  return fail(ErrorKind::limited, "the plugin {} may keep {} bytes under {} names, not {} under {}",
              plugin, quota.total, quota.names, with_it.bytes, with_it.names);
}

Task<std::optional<PluginValues::Bytes>> MemoryPluginValues::get(std::string plugin,
                                                                 std::string name, Patience) {
  const auto& values = plugins_[plugin];
  const auto at = values.find(name);
  co_return at == values.end() ? std::nullopt : std::optional{at->second};
}

Task<> MemoryPluginValues::set(std::string plugin, std::string name, Bytes value,
                               Patience patience) {
  if (auto good = check_value(name, value.size(), quota_); !good) co_return good;
  auto asking = usage(plugin, std::move(patience));
  auto use = co_await std::move(asking);
  auto& values = plugins_[plugin];
  const auto old = values.find(name);
  use->bytes += value.size() + name.size();
  use->names += 1;
  if (old != values.end()) {
    use->bytes -= old->second.size() + name.size();
    use->names -= 1;
  }
  if (auto fits = check_quota(plugin, *use, quota_); !fits) co_return fits;
  values[name] = std::move(value);
  co_return Result<>{};
}

Task<> MemoryPluginValues::remove(std::string plugin, std::string name, Patience) {
  plugins_[plugin].erase(name);
  co_return Result<>{};
}

Task<std::vector<std::string>> MemoryPluginValues::names(std::string plugin, std::string prefix,
                                                         Patience) {
  std::vector<std::string> found;
  for (const auto& [name, value] : plugins_[plugin]) {
    if (name.starts_with(prefix)) found.push_back(name);
  }
  co_return found;
}

Task<PluginValues::Usage> MemoryPluginValues::usage(std::string plugin, Patience) {
  Usage use;
  for (const auto& [name, value] : plugins_[plugin]) {
    use.bytes += name.size() + value.size();
    ++use.names;
  }
  co_return use;
}

Task<> MemoryPluginValues::clear(std::string plugin, Patience) {
  plugins_.erase(plugin);
  co_return Result<>{};
}

}  // namespace orrery::chat
