#include "app/strand_watch.h"

namespace orrery::app {

std::optional<async::Busy::Spell> StrandWatch::long_spell() const {
  auto spell = busy_->now();
  if (spell && std::chrono::steady_clock::now() - spell->since < threshold) spell.reset();
  return spell;
}

std::optional<std::string> StrandWatch::blocked() const {
  const auto spell = long_spell();
  if (!spell) return std::nullopt;
  return fmt::format("{} strand: {}, for {}", watched_, spell->who,
                     human(std::chrono::steady_clock::now() - spell->since));
}

asio::awaitable<void> StrandWatch::run(async::StopToken token) {
  while (!token.requested()) {
    const auto spell = long_spell();
    if (spell && reported_ != spell->since) {
      reported_ = spell->since;
      journal_.write(Level::warn, "async", "a strand stands still",
                     {{"strand", watched_}, {"held_by", spell->who}});
    } else if (!spell && reported_) {
      reported_.reset();
      journal_.write(Level::info, "async", "the strand goes on", {{"strand", watched_}});
    }
    auto pause = async::sleep_until(clock_, clock_.now() + interval, token);
    co_await std::move(pause);
  }
}

}  // namespace orrery::app
