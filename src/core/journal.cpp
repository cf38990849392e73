#include "core/journal.h"

#include <utility>

namespace orrery {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  std::unreachable();
}

Journal::Reading::~Reading() {
  if (journal_ == nullptr) return;
  journal_->state_.with([&](State& state) { state.readers.erase(id_); });
}

void Journal::write(Event event) {
  event.at = wall_now();
  state_.with([&](State& state) {
    event.number = ++state.written;
    for (const auto& [id, reader] : state.readers) reader(event);
    state.events.push_back(std::move(event));
    if (state.events.size() > kept) state.events.pop_front();
  });
}

void Journal::write(Level level, std::string_view module, std::string fact,
                    std::vector<Field> fields) {
  write(Event{.level = level,
              .module = std::string{module},
              .fact = std::move(fact),
              .fields = std::move(fields)});
}

Journal::Reading Journal::read(Reader reader) {
  return state_.with([&](State& state) {
    for (const auto& event : state.events) reader(event);
    const auto id = state.next_reader++;
    state.readers.emplace(id, std::move(reader));
    return Reading{*this, id};
  });
}

}  // namespace orrery
