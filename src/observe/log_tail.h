// The last lines of the log in memory, for whoever looks on: the log page, a support bundle.
//
// Holds what the log has written, as JSON and already redacted, numbered from 1.
//
// Threads   all operations from any thread. `on_lines` is called on the log's thread, at most once
//           until `take` has been called again: it hands over to a strand and returns.
// Limits    the newest 8 MiB.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/guarded.h"

namespace orrery::observe {

class LogTail {
 public:
  static constexpr Bytes limit = 8_MiB;
  using Line = std::shared_ptr<const std::string>;
  struct Lines {
    std::uint64_t first = 0;  // the number of the first of them
    std::vector<Line> lines;
    std::uint64_t next() const { return first + lines.size(); }
  };

  void add(std::string line);
  // Lines from number `from` on, at most `most`; fewer where older ones are forgotten.
  Lines take(std::uint64_t from, std::size_t most) const;
  // The last `most` lines.
  Lines last(std::size_t most) const;
  void on_lines(std::function<void()> call);

 private:
  struct State {
    std::deque<Line> lines;
    std::uint64_t first = 1;
    std::size_t bytes = 0;
    bool told = false;
    std::function<void()> on_lines;
  };
  static Lines copy(State& state, std::uint64_t from, std::size_t most);
  mutable Guarded<State> state_;
};

}  // namespace orrery::observe
