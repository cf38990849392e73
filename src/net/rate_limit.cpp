#include "net/rate_limit.h"

#include <algorithm>

namespace orrery::net {

std::optional<Duration> RateLimit::take(const std::string& key, TimePoint now) {
  if (buckets_.size() >= 4096 && !buckets_.contains(key)) make_room(now);
  auto& bucket = buckets_.try_emplace(key, Bucket{burst_, now}).first->second;
  const auto passed = milliseconds(now - bucket.at) / milliseconds(each_);
  bucket.tokens = std::min(burst_, bucket.tokens + passed);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  const double missing = 1 - bucket.tokens;
  return Duration{static_cast<Duration::rep>(missing * static_cast<double>(each_.count()))};
}

void RateLimit::make_room(TimePoint now) {
  const auto recovered = static_cast<Duration::rep>(burst_ * static_cast<double>(each_.count()));
  std::erase_if(buckets_,
                [&](const auto& entry) { return (now - entry.second.at).count() > recovered; });
  if (buckets_.size() < 4096) return;
  buckets_.erase(
      std::ranges::min_element(buckets_, {}, [](const auto& entry) { return entry.second.at; }));
}

}  // namespace orrery::net
