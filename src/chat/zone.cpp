#include "chat/zone.h"

#include <algorithm>
#include <vector>

#include <date/tz.h>

#include "core/text.h"

namespace orrery::chat {
namespace {

const date::time_zone& zone_of(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  return names;
}

// "europe/berlin" and "Berlin" mean what they can only mean; nothing if that is several.
const date::time_zone* meant_by(const std::string& name) {
  const auto wanted = lower(name);
  const date::time_zone* found = nullptr;
  for (const auto& zone : date::get_tzdb().zones) {
    const auto known = lower(zone.name());
    if (known == wanted) return &zone;
    if (known.substr(known.rfind('/') + 1) != wanted) continue;
    if (found != nullptr) return nullptr;
    found = &zone;
  }
  return found;
}

}  // namespace

Result<Zone> Zone::named(const std::string& name) {
  try {
    return Zone{name, date::locate_zone(name)};
  } catch (const std::exception&) {
    if (const auto* meant = meant_by(name)) return Zone{meant->name(), meant};
    return fail(Error{ErrorKind::not_found,
                      fmt::format("there is no time zone '{}'{}", printable(name.substr(0, 64)),
                                  did_you_mean(name, zone_names()))}
                    .remedy("write it like Europe/Berlin, America/New_York or UTC"));
  }
}

LocalSeconds Zone::to_local(WallTime at) const {
  const auto local = zone_of(zone_).to_local(std::chrono::floor<std::chrono::seconds>(at));
  return LocalSeconds{local.time_since_epoch()};
}

WallTime Zone::to_wall(LocalSeconds at) const {
  const date::local_seconds local{at.time_since_epoch()};
  return WallTime{zone_of(zone_).to_sys(local, date::choose::earliest).time_since_epoch()};
}

}  // namespace orrery::chat
