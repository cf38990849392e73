// The platform that is always there: chat over a WebSocket, from a browser or `orrery chat`.
//
// From the client   {"type":"message","id":"7","text":"!ping"}
// To the client     {"type":"reply","to":"7","text":"pong"}
//                   {"type":"handled","id":"7","outcome":"answered"|"ignored"|"failed"}
//                   {"type":"error","id":"7","message":"…"}     what was sent cannot be taken
//
// A client that begins with {"type":"open"} has a desk (desk.h): conversations that are kept, and
// shown in every window of the same visitor.
//
// Threads   the control strand; outlets are called on the bot strand and post back.
// Limits    4,000 bytes of text a message, 128 of id; 32 messages in flight on one connection.
#pragma once

#include <set>

#include "async/gate.h"
#include "chat/pipeline.h"
#include "platforms/webchat/control.h"
#include "platforms/webchat/desk.h"

namespace orrery::platforms::webchat {

class WebChat final : public Room {
 public:
  static constexpr std::size_t text_limit = 4000;
  static constexpr std::size_t id_limit = 128;
  static constexpr std::size_t in_flight_limit = 32;

  // Without a transcript that is kept, one in memory serves. The visitors outlive the pipeline.
  WebChat(chat::Pipeline& pipeline, chat::Transcript* kept, Visitors& visitors,
          asio::any_io_executor control, async::Clock& clock, Journal& journal);

  asio::awaitable<void> converse(Visitor visitor, std::shared_ptr<net::WebSocket> socket) override;

  // Takes no more messages; replies still go out.
  void refuse() { refusing_ = true; }
  // Lets the desks write down what was said, closes every session with 1013, cuts off those that do
  // not answer once `token` is requested, and waits until all have ended: they use this chat to
  // their last instruction.
  asio::awaitable<void> close(async::StopToken token);

 private:
  struct Session;
  struct Wish;
  static Result<Wish> parse(const std::string& text);
  void take(const std::shared_ptr<Session>& session, const std::string& text);
  void answer(const std::shared_ptr<Session>& session, Wish wish);
  void take_to_desk(const std::shared_ptr<Session>& session, Wish wish);
  std::shared_ptr<Desk> desk_of(const Visitor& visitor);
  asio::awaitable<void> settle_desks(async::StopToken token);

  chat::Pipeline& pipeline_;
  const asio::any_io_executor control_;
  async::Clock& clock_;
  chat::MemoryTranscript memory_;
  Visitors& visitors_;
  async::Scope work_;
  const Desk::Environment desk_environment_;
  std::map<std::string, std::shared_ptr<Desk>> desks_;  // by visitor
  bool refusing_ = false;
  std::set<std::shared_ptr<net::WebSocket>> sockets_;
  async::Gate sessions_;
};

}  // namespace orrery::platforms::webchat
