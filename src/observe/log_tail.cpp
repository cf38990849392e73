#include "observe/log_tail.h"

#include <algorithm>

namespace orrery::observe {

void LogTail::add(std::string line) {
  const auto tell = state_.with([&](State& state) {
    state.bytes += line.size();
    state.lines.push_back(std::make_shared<const std::string>(std::move(line)));
    while (state.bytes > limit.count && state.lines.size() > 1) {
      state.bytes -= state.lines.front()->size();
      state.lines.pop_front();
      ++state.first;
    }
    return std::exchange(state.told, true) ? std::function<void()>{} : state.on_lines;
  });
  if (tell) tell();
}

LogTail::Lines LogTail::copy(State& state, std::uint64_t from, std::size_t most) {
  const auto skip = from > state.first ? static_cast<std::size_t>(from - state.first) : 0;
  Lines taken{.first = std::max(from, state.first), .lines = {}};
  for (auto i = skip; i < state.lines.size() && taken.lines.size() < most; ++i)
    taken.lines.push_back(state.lines[i]);
  return taken;
}

LogTail::Lines LogTail::take(std::uint64_t from, std::size_t most) const {
  return state_.with([&](State& state) {
    state.told = false;
    return copy(state, from, most);
  });
}

LogTail::Lines LogTail::last(std::size_t most) const {
  return state_.with([&](State& state) {
    const auto next = state.first + state.lines.size();
    return copy(state, next > most ? next - most : 1, most);
  });
}

void LogTail::on_lines(std::function<void()> call) {
  state_.with([&](State& state) { state.on_lines = std::move(call); });
}

}  // namespace orrery::observe
