#include "chat/transcript.h"

#include <algorithm>

namespace orrery::chat {

Task<std::int64_t> MemoryTranscript::add(std::string visitor, Line line, Patience) {
  const auto same = [&](const Kept& kept) {
    return kept.visitor == visitor && kept.line.by == Line::By::visitor && kept.line.id == line.id;
  };
  if (line.by == Line::By::visitor && std::ranges::any_of(kept_, same))
    co_return fail(ErrorKind::conflict, "the message {} is kept already", line.id);
  line.number = next_++;
  if (kept_.size() >= limit) kept_.erase(kept_.begin());
  kept_.push_back({std::move(visitor), std::move(line)});
  co_return kept_.back().line.number;
}

Task<> MemoryTranscript::settle(std::string visitor, std::string id, std::string outcome,
                                Patience) {
  for (auto& kept : kept_) {
    if (kept.visitor == visitor && kept.line.by == Line::By::visitor && kept.line.id == id)
      kept.line.outcome = outcome;
  }
  co_return Result<>{};
}

Task<std::vector<Line>> MemoryTranscript::since(std::string visitor, std::int64_t number,
                                                std::size_t most, Patience) {
  std::vector<Line> lines;
  for (const auto& kept : kept_) {
    if (kept.visitor == visitor && kept.line.number > number) lines.push_back(kept.line);
  }
  if (lines.size() > most)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  co_return lines;
}

Task<> MemoryTranscript::forget(std::string visitor, std::string conversation, Patience) {
  std::erase_if(kept_, [&](const Kept& kept) {
    return kept.visitor == visitor && kept.line.conversation == conversation;
  });
  co_return Result<>{};
}

}  // namespace orrery::chat
