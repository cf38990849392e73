#include "chat/history.h"

#include <algorithm>

namespace orrery::chat {

Task<> MemoryHistory::add(std::vector<Said> said, Patience) {
  for (auto& one : said) {
    one.number = next_++;
    said_.push_back(std::move(one));
  }
  co_return Result<>{};
}

Task<std::vector<Said>> MemoryHistory::of_channel(std::string platform, std::string channel,
                                                  std::int64_t before, std::size_t most, Patience) {
  std::vector<Said> found;
  for (auto at = said_.rbegin(); at != said_.rend() && found.size() < most; ++at) {
    if (at->number < before && at->platform == platform && at->channel == channel)
      found.push_back(*at);
  }
  std::ranges::reverse(found);
  co_return found;
}

Task<std::int64_t> MemoryHistory::forget_before(WallTime at, Patience) {
  co_return static_cast<std::int64_t>(
      std::erase_if(said_, [&](const Said& one) { return one.at < at; }));
}

Task<std::int64_t> MemoryHistory::forget_author(std::string platform, std::string author,
                                                Patience) {
  co_return static_cast<std::int64_t>(std::erase_if(
      said_, [&](const Said& one) { return one.platform == platform && one.author == author; }));
}

void Recorder::hear(const Message& message) {
  if (waiting_.size() >= limit) {
    waiting_.pop_front();
    ++lost_;
  }
  waiting_.push_back({.number = 0,
                      .platform = message.platform,
                      .guild = message.guild,
                      .channel = message.channel,
                      .id = message.id,
                      .author = message.author.id,
                      .author_name = message.author.name,
                      .by_bot = false,
                      .text = message.text,
                      .at = wall_now()});
}

// The history outlives the recorder.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<> Recorder::flush(History& history, Patience patience) {
  if (waiting_.empty()) co_return Result<>{};
  std::vector<Said> batch{waiting_.begin(), waiting_.end()};
  const auto lost_before = lost_;
  auto adding = history.add(batch, std::move(patience));
  auto added = co_await std::move(adding);
  if (!added) co_return added;
  // More may have come meanwhile, and pushed out some of what was kept.
  const auto pushed_out = std::min<std::size_t>(lost_ - lost_before, batch.size());
  const auto kept = static_cast<std::ptrdiff_t>(batch.size() - pushed_out);
  waiting_.erase(waiting_.begin(), waiting_.begin() + kept);
  co_return Result<>{};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace orrery::chat
