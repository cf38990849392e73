// How long to wait before the next attempt: base, doubled each time up to a cap, with jitter.
//
// Without jitter, parts that failed together come back together and fail together again.
#pragma once

#include <algorithm>
#include <random>

#include "core/time.h"

namespace orrery::async {

class Backoff {
 public:
  struct Limits {
    Duration base = std::chrono::milliseconds{500};
    Duration cap = std::chrono::seconds{60};
    Duration stable = std::chrono::seconds{60};  // a run this long starts over at base
  };

  Backoff(Limits limits, std::uint64_t seed) : limits_{limits}, random_{seed} {}

  // The delay after a run of `ran`; between half and the whole of the doubled base.
  Duration after(Duration ran) {
    if (ran >= limits_.stable) attempts_ = 0;
    const int doublings = std::min(attempts_++, 30);
    const auto whole = std::min(limits_.cap, limits_.base * (std::int64_t{1} << doublings));
    const auto half = whole.count() / 2;
    return Duration{half + std::uniform_int_distribution<Duration::rep>{0, half}(random_)};
  }

  int attempts() const { return attempts_; }
  void reset() { attempts_ = 0; }

 private:
  Limits limits_;
  std::mt19937_64 random_;
  int attempts_ = 0;
};

}  // namespace orrery::async
