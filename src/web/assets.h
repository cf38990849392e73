// The dashboard's files, as they are embedded in the program. The table is made by the build from
// dashboard/ (dashboard/build.mjs).
#pragma once

#include <span>
#include <string_view>

namespace orrery::web {

struct Asset {
  std::string_view path;  // "/assets/app-1F2E.js"
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  bool immutable;         // the name changes with the content
  std::string_view plain;
  std::string_view gzip;  // empty: not worth it
};

std::span<const Asset> assets();
const Asset* find_asset(std::string_view path);

}  // namespace orrery::web
