// A command is one declaration: its name, what it is for, who may use it, and what it does.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "async/stop_token.h"
#include "async/task.h"
#include "chat/message.h"
#include "core/time.h"

namespace orrery::chat {

// One use of a command, as its handler sees it.
struct Invocation {
  Message message;
  std::string prefix;  // as it was typed
  std::string command;
  std::string arguments;  // the rest of the text, trimmed
  TimePoint deadline;
  async::StopToken token;
};

enum class Audience { everyone, owner };

struct Command {
  std::string name;
  std::string usage;    // "[PREFIX]": what follows the name
  std::string summary;  // one line for help
  Audience audience = Audience::everyone;
  // The answer. An error is answered, too, in the three parts a person reads.
  std::function<Task<std::string>(Invocation)> run;
};

// Threads   the bot strand.
class CommandRegistry {
 public:
  // Errors: conflict (the name is taken), invalid (not a name).
  Result<> add(Command command);
  void remove(std::string_view name);
  const Command* find(std::string_view name) const;
  std::vector<std::string> names() const;
  const std::map<std::string, Command, std::less<>>& all() const { return commands_; }

 private:
  std::map<std::string, Command, std::less<>> commands_;
};

}  // namespace orrery::chat
