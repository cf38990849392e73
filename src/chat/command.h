// A command is one declaration: its name, what it is for, what it takes, who may use it, and what
// it does. Parsing, help, the dashboard and slash commands are made from it.
#pragma once

#include <functional>
#include <memory>

#include "async/patience.h"
#include "async/task.h"
#include "chat/arguments.h"
#include "chat/granted.h"
#include "chat/guild_rules.h"
#include "chat/message.h"

namespace orrery::chat {

// One use of a command, as its handler sees it. There is none without the grant.
struct Invocation {
  Granted<Use> granted;
  std::shared_ptr<const Message> said;
  std::string prefix;     // as it was typed
  std::string command;    // its path, by names: "config ranks"
  std::string arguments;  // the rest of the text, trimmed
  Arguments given;        // the same, parsed as declared
  TimePoint deadline;
  async::StopToken token;

  const Message& message() const { return *said; }
  async::Patience patience() const { return {deadline, token}; }
};

// Whom a limit is counted for.
enum class Per { user, channel, guild };
std::string_view name_of(Per per);

struct Cooldown {
  Per per = Per::user;
  int uses = 1;
  Duration within{};
};
struct Concurrency {
  Per per = Per::user;
  int most = 1;
};

enum class Where { anywhere, guild, direct };

struct Command {
  std::string name;
  std::string summary{};  // one line for help
  Access access = Access::ranked;
  Declaration takes{};
  // The answer. An error is answered, too, in the parts a person reads. Nothing: a mere group.
  std::function<asio::awaitable<Result<std::string>>(Invocation)> run{};

  std::vector<std::string> aliases{};
  std::string details{};                // more for its own help
  std::vector<std::string> examples{};  // without the prefix
  std::string category{};               // where help lists it
  Where where = Where::anywhere;
  std::vector<std::string> platforms{};  // empty: all
  std::optional<Cooldown> cooldown{};
  std::optional<Concurrency> concurrency{};
  std::vector<Command> commands{};  // sub-commands
};

// A command in its place: with its path and its sub-commands, by name and alias.
struct Node {
  Command declaration;  // its own `commands` are in `children`
  std::string path;
  std::map<std::string, std::shared_ptr<const Node>, std::less<>> children;
  TextMap<std::string> aliases;  // of the children, to their names

  std::shared_ptr<const Node> child(std::string_view name) const;
};

// Threads   the bot strand.
class CommandRegistry {
 public:
  // Errors: conflict (a name or alias is taken), invalid (not a name, or a declaration that no
  // platform could show), naming the command.
  Result<> add(Command command);
  void remove(std::string_view name);

  // The command that the words at the beginning of `text` name, as deep as they go, and what
  // follows them. Nothing if the first names none.
  struct Match {
    std::shared_ptr<const Node> node;
    std::string_view rest;
  };
  std::optional<Match> match(std::string_view text) const;
  // By its whole path: "config ranks". Nothing if there is none.
  std::shared_ptr<const Node> find(std::string_view path) const;

  std::vector<std::string> names() const;
  const Node& root() const { return root_; }

 private:
  Node root_;
};

// Every command, parents first, in the order of their paths.
std::vector<std::shared_ptr<const Node>> all_of(const CommandRegistry& commands);

// "!ban USER [DAYS]"
std::string usage_of(const Node& node, std::string_view prefix);

}  // namespace orrery::chat
