// The typed record of what happened. Log, metrics, dashboard and tests are its readers.
//
// An event is one fact in the past tense with the identifiers needed to act on it. Events are kept
// from the first instruction of the process; a reader that comes later first gets what is kept.
//
// Threads   write and read from any thread. Readers are called on the writing thread, one event at
//           a time, and must return at once (hand over to a queue).
// Limits    the newest 4,096 events are kept; older ones have been read by whoever was there.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/guarded.h"
#include "core/time.h"

namespace orrery {

enum class Level { debug, info, warn, error };
std::string_view name_of(Level level);

struct Field {
  std::string key;
  std::variant<std::string, std::int64_t, double, bool> value;
};

struct Event {
  Level level = Level::info;
  std::string module;  // who speaks: "lifecycle", "web", …
  std::string fact;    // one sentence, past tense, lower case
  std::vector<Field> fields;
  WallTime at{};             // set by the journal
  std::uint64_t number = 0;  // set by the journal: 1, 2, 3, …
};

class Journal {
 public:
  using Reader = std::function<void(const Event&)>;
  // Stops the reading when it dies; after that the reader is never called again.
  class Reading {
   public:
    Reading() = default;
    Reading(Journal& journal, std::uint64_t id) : journal_{&journal}, id_{id} {}
    Reading(Reading&& other) noexcept
        : journal_{std::exchange(other.journal_, nullptr)}, id_{other.id_} {}
    Reading& operator=(Reading other) noexcept {
      std::swap(journal_, other.journal_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Reading();

   private:
    Journal* journal_ = nullptr;
    std::uint64_t id_ = 0;
  };

  static constexpr std::size_t kept = 4096;

  void write(Event event);
  void write(Level level, std::string_view module, std::string fact,
             std::vector<Field> fields = {});

  // Calls `reader` with every event that is kept, then with each new one.
  [[nodiscard]] Reading read(Reader reader);

 private:
  struct State {
    std::deque<Event> events;
    std::map<std::uint64_t, Reader> readers;
    std::uint64_t written = 0;
    std::uint64_t next_reader = 1;
  };
  Guarded<State> state_;
};

}  // namespace orrery
