#include "web/assets.h"

#include <algorithm>

#include "web/embedded_assets.h"

namespace orrery::web {

std::span<const Asset> assets() { return embedded_assets; }

const Asset* find_asset(std::string_view path) {
  const auto all = assets();
  const auto at = std::ranges::find(all, path, &Asset::path);
  return at == all.end() ? nullptr : &*at;
}

}  // namespace orrery::web
