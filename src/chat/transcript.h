// What was said in conversations, kept so that they go on where they were: the port, and its
// in-memory implementation.
//
// Lines are numbered upwards; whoever has seen up to a number asks for what came after it.
//
// Threads   any one strand.
#pragma once

#include <string>
#include <vector>

#include "async/patience.h"
#include "async/task.h"

namespace orrery::chat {

struct Line {
  enum class By { visitor, bot };
  std::int64_t number = 0;
  std::string conversation;
  std::string id;  // of the visitor's message; a reply has that of what it answers
  By by = By::visitor;
  std::string text;
  WallTime at{};
  std::string outcome;  // of a visitor's message, once handled: "answered", "ignored", "failed"
};

class Transcript {
 public:
  using Patience = async::Patience;
  virtual ~Transcript() = default;

  // Keeps a line of the visitor's; its number is returned.
  // Errors: conflict (a message of the visitor's with that id is kept already), and those of
  // whatever keeps it.
  virtual Task<std::int64_t> add(std::string visitor, Line line, Patience patience) = 0;
  // What became of a message.
  virtual Task<> settle(std::string visitor, std::string id, std::string outcome,
                        Patience patience) = 0;
  // The visitor's last `most` lines after `number`, oldest first.
  virtual Task<std::vector<Line>> since(std::string visitor, std::int64_t number, std::size_t most,
                                        Patience patience) = 0;
  virtual Task<> forget(std::string visitor, std::string conversation, Patience patience) = 0;
};

class MemoryTranscript final : public Transcript {
 public:
  Task<std::int64_t> add(std::string visitor, Line line, Patience patience) override;
  Task<> settle(std::string visitor, std::string id, std::string outcome,
                Patience patience) override;
  Task<std::vector<Line>> since(std::string visitor, std::int64_t number, std::size_t most,
                                Patience patience) override;
  Task<> forget(std::string visitor, std::string conversation, Patience patience) override;

 private:
  struct Kept {
    std::string visitor;
    Line line;
  };
  static constexpr std::size_t limit = 10'000;  // the oldest go first
  std::int64_t next_ = 1;
  std::vector<Kept> kept_;
};

}  // namespace orrery::chat
