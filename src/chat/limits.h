// How often and how many at once: cooldowns and concurrency limits of commands, counted per user,
// channel or guild.
//
// Threads   the bot strand.
// Limits    from 10,000 counts on, what has run out is forgotten each time they have doubled.
#pragma once

#include <deque>
#include <memory>

#include "chat/command.h"

namespace orrery::chat {

class Limits {
 public:
  // Held while the command runs.
  class Running {
   public:
    Running(std::shared_ptr<std::map<std::string, int>> running, std::string key)
        : running_{std::move(running)}, key_{std::move(key)} {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

   private:
    std::shared_ptr<std::map<std::string, int>> running_;
    std::string key_;
  };
  // What a command that may run holds; nothing if it has no such limit.
  using Pass = std::unique_ptr<Running>;

  // Counts one use. Errors: limited, with the time after which it may be tried again.
  Result<Pass> enter(const Node& node, const Message& message, TimePoint now);

 private:
  Result<> cool(const Cooldown& cooldown, const std::string& key, TimePoint now);
  void forget(TimePoint now);

  struct Uses {
    std::deque<TimePoint> until;  // when each use stops counting
  };
  std::map<std::string, Uses> uses_;
  std::size_t forget_at_ = 10'000;
  // Shared with the passes, which may outlive this.
  std::shared_ptr<std::map<std::string, int>> running_ =
      std::make_shared<std::map<std::string, int>>();
};

}  // namespace orrery::chat
