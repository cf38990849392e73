// How the process fares over the last hour, for a picture of it.
//
// Threads   the control strand.
#pragma once

#include <deque>

#include <boost/json/object.hpp>

#include "core/time.h"

namespace orrery::web {

struct Numbers {
  WallTime at{};
  double memory_bytes = 0;
  double cpu_seconds = 0;     // used since the process began
  std::uint64_t handled = 0;  // messages, since the process began
};

boost::json::object to_json(const Numbers& numbers);

class History {
 public:
  static constexpr auto interval = std::chrono::seconds{5};
  static constexpr std::size_t limit = 720;  // an hour

  void add(Numbers numbers) {
    all_.push_back(numbers);
    if (all_.size() > limit) all_.pop_front();
  }
  const std::deque<Numbers>& all() const { return all_; }

 private:
  std::deque<Numbers> all_;
};

}  // namespace orrery::web
