// One visitor's conversations: whatever is said is written down first, and then told to every
// window the visitor has open.
//
// Everything goes through one queue, so that all windows see the same order and a window that opens
// misses nothing between what is kept and what comes.
//
//   from a window  {"type":"open","after":N}                 what came after line N, then all that
//   follows
//                  {"type":"message","id","conversation","text"}
//                  {"type":"delete","conversation"}
//   to a window    {"type":"history","messages":[…],"kept":bool,"whole":bool}
//                  {"type":"said","number","conversation","id","author":"you"|"bot","text","at"}
//                  {"type":"handled","id","outcome"}
//                  {"type":"deleted","conversation"}
//                  {"type":"error","id","message"}
//
// A message whose id is kept already is not handled a second time; its window is told what is
// known.
//
// Owns      its queue; work in flight belongs to the scope it is given.
// Threads   the control strand; outlets are called on the bot strand and post here.
// Limits    the last 1,000 lines of a visitor; 64 of what windows ask for wait.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <variant>

#include "async/scope.h"
#include "chat/pipeline.h"
#include "chat/transcript.h"
#include "platforms/webchat/control.h"

namespace orrery::platforms::webchat {

class Desk final : public std::enable_shared_from_this<Desk> {
 public:
  static constexpr std::size_t history_limit = 1000;
  static constexpr std::size_t queue_limit = 64;

  struct Environment {
    chat::Pipeline& pipeline;
    chat::Transcript& transcript;
    bool kept;  // over a restart
    const chat::Directory& visitors;
    asio::any_io_executor control;
    async::Clock& clock;
    async::Scope& scope;
  };
  using Window = std::shared_ptr<net::WebSocket>;
  struct Said {
    std::string id;
    std::string conversation;
    std::string text;
  };

  Desk(Visitor visitor, const Environment& environment)
      : visitor_{std::move(visitor)}, environment_{environment} {}

  void open(Window window, std::int64_t after);
  void close(const Window& window) { windows_.erase(window); }
  void say(Window window, Said said);
  void forget(Window window, std::string conversation);
  // Nobody is there and nothing is under way.
  bool idle() const { return windows_.empty() && written() && in_flight_.empty(); }
  // Everything that has come is written down and told.
  bool written() const { return queue_.empty() && !working_; }
  // From now on nothing counts any more: what the desk works with is about to go, and an answer may
  // still come. Requires: no step is being worked on.
  void end();

  // Called by the outlet, on the control strand.
  void reply(chat::Message to, std::string text);
  void handled(chat::Message message, chat::Handled how);

 private:
  struct Opening {
    Window window;
    std::int64_t after;
  };
  struct Saying {
    Window window;
    Said said;
  };
  struct Forgetting {
    std::string conversation;
  };
  struct Replying {
    std::string conversation;
    std::string id;
    std::string text;
  };
  struct Settling {
    std::string id;
    chat::Handled how;
  };
  using Step = std::variant<Opening, Saying, Forgetting, Replying, Settling>;

  void push(Step step);
  bool admits(const Window& window, const std::string& id);
  static asio::awaitable<void> work(std::shared_ptr<Desk> self);
  asio::awaitable<void> take(Opening step);
  asio::awaitable<void> take(Saying step);
  asio::awaitable<void> take(Forgetting step);
  asio::awaitable<void> take(Replying step);
  asio::awaitable<void> take(Settling step);
  void hand_on(Said said);
  void tell_all(const std::string& text) const;
  chat::Transcript::Patience patience() const;

  const Visitor visitor_;
  const Environment environment_;
  std::set<Window> windows_;  // that have asked for what is said
  std::deque<Step> queue_;
  bool working_ = false;
  bool ended_ = false;
  struct Flight {
    std::string conversation;
    bool forgotten = false;  // meanwhile: its answers go nowhere
  };
  std::map<std::string, Flight> in_flight_;  // handed on to the pipeline, by message
};

}  // namespace orrery::platforms::webchat
