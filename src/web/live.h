// What changes, told to everyone who watches: the hub behind the event streams.
//
// A watcher that reads slowly is never waited for: it gets the newest status instead of each, and
// is told how many log lines it missed.
//
//   status    data of runtime-status, at once and at each change
//   numbers   memory, processor, messages, every five seconds
//   log       an array of log lines; the id is "BOOT:NUMBER" of the last
//   gap       {"missed": N} log lines
//   bye       {"reason": "restart"|"stop"|"signed_out"}: the last event
//
// Threads   the control strand.
// Limits    4,096 log events wait for a watcher; a comment every 15 s keeps the stream open.
// Source    https://html.spec.whatwg.org/multipage/server-sent-events.html
#pragma once

#include <deque>
#include <list>
#include <set>

#include "net/http.h"
#include "observe/log_tail.h"
#include "web/numbers.h"
#include "web/runtime_control.h"

namespace orrery::web {

enum class Topic { status, numbers, log };
std::optional<Topic> topic_named(std::string_view name);

class Live {
 public:
  // All outlive it.
  Live(RuntimeControl& runtime, observe::LogTail& tail, async::Clock& clock)
      : runtime_{runtime}, tail_{tail}, clock_{clock} {}

  // Something about the engine has changed: told at once, or 20 ms after the last time.
  void touch();
  void new_lines();
  void new_numbers(const Numbers& numbers);
  // Whether somebody looks at the moment.
  bool watched() const { return !watchers_.empty(); }
  // What streams say when they end.
  void ends_for(std::string reason) { reason_ = std::move(reason); }

  struct Wish {
    std::set<Topic> topics;
    std::string last_id;       // where a broken stream goes on
    async::StopToken session;  // with which it ends
  };
  // Writes events until the token is requested or the peer has gone.
  asio::awaitable<void> stream(Wish wish, std::shared_ptr<net::BodyWriter> writer,
                               async::StopToken token);

 private:
  using Piece = std::shared_ptr<const std::string>;
  struct LogPiece {
    Piece event;
    std::size_t lines;
  };
  struct Watcher {
    std::set<Topic> topics;
    Piece status;
    Piece numbers;
    std::deque<LogPiece> log;
    std::size_t missed = 0;  // lines
    async::Oneshot<async::WaitEnd> wake;
  };
  using Watchers = std::list<std::shared_ptr<Watcher>>;

  void tell_status();
  void first_words(Watcher& watcher, const Wish& wish);
  Piece log_piece(const observe::LogTail::Lines& lines) const;
  static Piece next(Watcher& watcher);
  Watchers::iterator enter(const Wish& wish);

  RuntimeControl& runtime_;
  observe::LogTail& tail_;
  async::Clock& clock_;
  Watchers watchers_;
  TimePoint told_at_{};
  std::uint64_t next_line_ = 1;
  async::Timer later_;
  bool waiting_ = false;
  std::string reason_ = "stop";
};

}  // namespace orrery::web
