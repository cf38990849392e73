// The journal as lines: for people on a terminal, JSON where a program reads them.
//
// Reads the journal, redacts, formats and writes on a thread of its own, so that a terminal or a
// disk that does not take lines delays nobody.
//
// Owns      the thread and the file.
// Threads   level from any thread; flush from any thread but its own.
// Limits    8,192 lines wait at most; beyond that the oldest are dropped and counted in a line.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "core/journal.h"
#include "observe/log_tail.h"
#include "observe/redactor.h"

namespace orrery::observe {

enum class Format { human, json };

std::string format_line(const Event& event, Format format);

class Log {
 public:
  struct Options {
    Level level = Level::info;
    Format format = Format::human;
    std::optional<std::string> file;  // JSON lines, rotated at 8 MB, three kept
  };

  // `tail` outlives the log.
  Log(Journal& journal, Options options, Redactor redactor, LogTail& tail);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Writes what waits, for at most half a second.
  ~Log();

  void set_level(Level level) { level_ = level; }
  Level level() const { return level_; }
  // From now on these secrets are taken out, too.
  void set_redactor(Redactor redactor);
  // Waits until everything up to now is written; false if that took longer than `limit`.
  bool flush(Duration limit);

 private:
  struct Sinks;
  void take(const Event& event);
  void serve(const std::stop_token& token);

  const Options options_;
  Guarded<Redactor> redactor_;
  std::atomic<Level> level_;
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::condition_variable written_;
  std::deque<Event> queue_;  // these three guarded by mutex_
  std::uint64_t dropped_ = 0;
  bool writing_ = false;
  LogTail& tail_;
  std::shared_ptr<Sinks> sinks_;
  std::jthread thread_;
  Journal::Reading reading_;
};

}  // namespace orrery::observe
