// What was said in channels, kept for a while: for models that need the turns before, for
// searching, for moderation.
//
// Threads   the bot strand.
#pragma once

#include <deque>

#include "async/turns.h"
#include "chat/pipeline.h"

namespace orrery::chat {

using async::Patience;

struct Said {
  std::int64_t number = 0;  // grows; given by whatever keeps it
  std::string platform;
  std::string guild;
  std::string channel;
  std::string id;
  std::string author;
  std::string author_name;
  bool by_bot = false;
  std::string text;
  WallTime at{};
};

class History {
 public:
  virtual ~History() = default;
  // Errors: those of whatever keeps it. If one is unsure, the same may be added once more: what is
  // there already is not added twice.
  virtual Task<> add(std::vector<Said> said, Patience patience) = 0;
  // The newest `most` before `before`, oldest first.
  virtual Task<std::vector<Said>> of_channel(std::string platform, std::string channel,
                                             std::int64_t before, std::size_t most,
                                             Patience patience) = 0;
  // Forgets what is older, some thousands at a time; returns how many that were, so that whoever
  // asked goes on until there are none.
  virtual Task<std::int64_t> forget_before(WallTime at, Patience patience) = 0;
  // Forgets all that somebody said.
  virtual Task<std::int64_t> forget_author(std::string platform, std::string author,
                                           Patience patience) = 0;
};

class MemoryHistory final : public History {
 public:
  Task<> add(std::vector<Said> said, Patience patience) override;
  Task<std::vector<Said>> of_channel(std::string platform, std::string channel, std::int64_t before,
                                     std::size_t most, Patience patience) override;
  Task<std::int64_t> forget_before(WallTime at, Patience patience) override;
  Task<std::int64_t> forget_author(std::string platform, std::string author,
                                   Patience patience) override;

 private:
  std::deque<Said> said_;
  std::int64_t next_ = 1;
};

// Remembers what passes until somebody takes it to the history, so that no message waits for a
// disk.
//
// Limits    10,000 messages; when the history has been away for longer, the oldest are lost. So is
//           what the history refuses as no text. Both are counted.
class Recorder {
 public:
  static constexpr std::size_t limit = 10'000;

  void hear(const Message& message);
  // Takes everything over to the history; what it does not take stays here. Who flushes while
  // somebody does waits for them.
  Task<> flush(History& history, Patience patience);
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t lost() const { return lost_; }

 private:
  // Requires, here and below: it is the caller's turn.
  Task<> hand_over(History& history, std::size_t most, Patience patience);
  void forget(std::size_t taken, std::uint64_t pushed_out_before);

  std::deque<Said> waiting_;
  std::uint64_t pushed_out_ = 0;
  std::uint64_t lost_ = 0;
  async::Turns turns_;
};

// The stage that lets the recorder hear every message, and takes none.
class RecordingStage final : public Stage {
 public:
  // The recorder outlives the pipeline.
  explicit RecordingStage(Recorder& recorder) : recorder_{recorder} {}
  asio::awaitable<Verdict> take(std::shared_ptr<Exchange> exchange) override {
    recorder_.hear(exchange->message);
    co_return std::nullopt;
  }

 private:
  Recorder& recorder_;
};

}  // namespace orrery::chat
