// Token buckets by key: so many at once, then one every so often.
//
// Limits    4,096 keys; when full, those that have recovered are forgotten, then the oldest.
// Threads   one at a time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/time.h"

namespace orrery::net {

class RateLimit {
 public:
  RateLimit(double burst, Duration each) : burst_{burst}, each_{each} {}

  // Takes one token. Nothing if there was one, else how long until there is.
  std::optional<Duration> take(const std::string& key, TimePoint now);

 private:
  struct Bucket {
    double tokens;
    TimePoint at;
  };
  void make_room(TimePoint now);

  double burst_;
  Duration each_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace orrery::net
