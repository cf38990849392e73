// Watches one loop from another, and names who holds it up.
//
// Owns      nothing; runs in the scope it is given, on the watching loop.
// Threads   `blocked` on the watching loop.
#pragma once

#include "async/loop.h"
#include "async/scope.h"
#include "core/journal.h"

namespace orrery::app {

class StrandWatch {
 public:
  static constexpr Duration interval = std::chrono::milliseconds{100};
  static constexpr Duration threshold = std::chrono::milliseconds{500};

  // `watched` by name, with what it says it executes.
  StrandWatch(std::string watched, std::shared_ptr<async::Busy> busy, async::Clock& clock,
              Journal& journal)
      : watched_{std::move(watched)}, busy_{std::move(busy)}, clock_{clock}, journal_{journal} {}

  asio::awaitable<void> run(async::StopToken token);
  // "bot strand: message '!x' on webchat, for 3.2 s"; nothing while all goes well.
  std::optional<std::string> blocked() const;

 private:
  std::optional<async::Busy::Spell> long_spell() const;

  const std::string watched_;
  const std::shared_ptr<async::Busy> busy_;
  async::Clock& clock_;
  Journal& journal_;
  std::optional<TimePoint> reported_;  // the spell that was
};

}  // namespace orrery::app
