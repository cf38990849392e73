// Inbox → stages → Outbox: what every message goes through, whatever network it comes from.
//
// A platform posts a message with the outlet its answers go to. Stages look at it in order; the
// first that takes it decides. However it ends, the outlet hears `handled` exactly once.
//
// Owns      the work in flight, in the scope it is given.
// Threads   post from any thread; everything else on the bot strand.
// Limits    1,024 messages in flight; more are refused, and the platform says so.
#pragma once

#include "async/gate.h"
#include "async/loop.h"
#include "async/scope.h"
#include "chat/command.h"
#include "chat/owners.h"
#include "core/journal.h"

namespace orrery::chat {

// One message on its way.
struct Exchange {
  Message message;
  std::shared_ptr<Outlet> outlet;  // shared with the platform, which may close it meanwhile
  TimePoint deadline;
  async::StopToken token;
};

// What a stage made of it; nothing: not its business, the next one's turn.
using Verdict = std::optional<Handled>;

class Stage {
 public:
  virtual ~Stage() = default;
  virtual asio::awaitable<Verdict> take(std::shared_ptr<Exchange> exchange) = 0;
};

class Pipeline {
 public:
  static constexpr std::size_t in_flight_limit = 1024;

  struct Environment {
    async::Strand strand;
    async::Clock& clock;
    Journal& journal;
    Duration budget;  // for one message
    Owners owners;
    std::atomic<std::uint64_t>* handled = nullptr;  // counts what was handled, if somebody asks
  };
  Pipeline(Environment environment, std::vector<std::unique_ptr<Stage>> stages);

  // Takes a message over. Errors: unavailable (closed), limited.
  Result<> post(Message message, std::shared_ptr<Outlet> outlet);

  // Refuses from now on, and waits until what is in flight is handled.
  asio::awaitable<async::WaitEnd> drain(TimePoint deadline, async::StopToken token);
  // Asks what is in flight to end, and waits for it.
  asio::awaitable<void> stop();

 private:
  asio::awaitable<void> run(std::shared_ptr<Exchange> exchange,
                            std::shared_ptr<async::Gate::Pass> pass);
  asio::awaitable<Handled> decide(std::shared_ptr<Exchange> exchange);

  const Environment environment_;
  const std::vector<std::unique_ptr<Stage>> stages_;
  async::Gate gate_;
  async::Scope scope_;
};

}  // namespace orrery::chat
