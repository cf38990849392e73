// The stage that recognises commands: prefix, name, maintenance, place, permission, limits,
// arguments, run, answer. Each step that refuses says so in the same way.
#pragma once

#include "chat/limits.h"
#include "chat/permissions.h"
#include "chat/pipeline.h"
#include "chat/prefixes.h"
#include "chat/settings.h"

namespace orrery::chat {

class CommandStage final : public Stage {
 public:
  struct Options {
    Case prefix_case = Case::matters;
    bool mention = true;  // of the bot, instead of a prefix
  };
  // All outlive the pipeline.
  struct Services {
    const CommandRegistry& commands;
    const Prefixes& prefixes;
    const Permissions& permissions;
    const Settings& settings;
    Journal& journal;
    async::Clock& clock;
  };
  CommandStage(Services services, Options options) : services_{services}, options_{options} {}

  asio::awaitable<Verdict> take(std::shared_ptr<Exchange> exchange) override;

  // A command as far as it can be told from the text alone; nothing: it is talk.
  struct Call {
    std::string_view prefix;
    std::string_view text;  // what follows it
    std::optional<CommandRegistry::Match> match;
  };
  std::optional<Call> recognise(const Message& message) const;

 private:
  Result<Invocation> admit(const Exchange& exchange, const Call& call, Limits::Pass& pass);
  Result<> check_place(const Node& node, const Message& message) const;
  std::string unknown(const Call& call) const;
  std::string group_help(const Node& node, const Call& call) const;
  asio::awaitable<Handled> run(std::shared_ptr<Exchange> exchange, Invocation invocation,
                               std::shared_ptr<const Node> node, Limits::Pass pass);

  const Services services_;
  const Options options_;
  Limits limits_;
};

// How an error is answered: what happened, why, and what to do.
std::string answer_of(const Error& error);

}  // namespace orrery::chat
