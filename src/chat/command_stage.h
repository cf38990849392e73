// The stage that recognises commands: prefix, name, permission, run, answer.
#pragma once

#include "chat/pipeline.h"
#include "chat/prefixes.h"

namespace orrery::chat {

class CommandStage final : public Stage {
 public:
  // Both outlive the pipeline.
  CommandStage(const CommandRegistry& commands, const Prefixes& prefixes, Journal& journal)
      : commands_{commands}, prefixes_{prefixes}, journal_{journal} {}

  asio::awaitable<Verdict> take(std::shared_ptr<Exchange> exchange) override;

 private:
  std::string unknown(const Invocation& invocation) const;
  asio::awaitable<Handled> run(std::shared_ptr<Exchange> exchange, Invocation invocation,
                               const Command* command);

  const CommandRegistry& commands_;
  const Prefixes& prefixes_;
  Journal& journal_;
};

// How an error is answered: what happened, why, and what to do.
std::string answer_of(const Error& error);

}  // namespace orrery::chat
