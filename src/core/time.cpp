#include "core/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace orrery {
namespace {
constexpr auto hours_of = [](Duration d) { return std::chrono::floor<std::chrono::hours>(d); };
constexpr auto minutes_of = [](Duration d) { return std::chrono::floor<std::chrono::minutes>(d); };
}  // namespace

std::string human(Duration d) {
  using namespace std::chrono_literals;
  const double ms = milliseconds(d);
  if (d < 1ms) return fmt::format("{:.0f} us", ms * 1000);
  if (d < 1s) return fmt::format("{:.1f} ms", ms);
  if (d < 1min) return fmt::format("{:.1f} s", ms / 1000);
  const auto minutes = minutes_of(d);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(d - minutes);
  if (d < 1h) return fmt::format("{} min {} s", minutes.count(), seconds.count());
  return fmt::format("{} h {} min", hours_of(d).count(), (minutes - hours_of(d)).count());
}

std::string iso8601(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds.time_since_epoch().count()),
                     (time - seconds).count());
}

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace orrery
