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
    ++pushed_out_;
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

// What was handed over, but for what has been pushed out meanwhile.
void Recorder::forget(std::size_t taken, std::uint64_t pushed_out_before) {
  const auto gone = std::min<std::size_t>(pushed_out_ - pushed_out_before, taken);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken - gone));
}

// The history outlives the recorder.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<> Recorder::hand_over(History& history, std::size_t most, Patience patience) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
  std::vector<Said> batch{waiting_.begin(), waiting_.begin() + count};
  const auto pushed_out_before = pushed_out_;
  const auto size = batch.size();
  auto adding = history.add(std::move(batch), std::move(patience));
  auto added = co_await std::move(adding);
  const bool refused = !added && added.error().kind() == ErrorKind::invalid && size == 1;
  if (refused) ++lost_;
  if (added || refused) forget(size, pushed_out_before);
  co_return refused ? Result<>{} : added;
}

// One text that the history refuses does not keep the others from it: they are given one by one.
Task<> Recorder::flush(History& history, Patience patience) {
  constexpr std::size_t batch = 1000;
  auto taking = turns_.take(patience);
  const auto turn = co_await std::move(taking);
  if (!turn) co_return fail(turn.error());
  for (std::size_t most = batch; !waiting_.empty();) {
    auto handing = hand_over(history, most, patience);
    auto handed = co_await std::move(handing);
    const bool split = !handed && handed.error().kind() == ErrorKind::invalid && most > 1;
    if (!handed && !split) co_return handed;
    most = split ? 1 : most;
  }
  co_return Result<>{};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace orrery::chat
