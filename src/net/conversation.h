// One WebSocket conversation on the server's side. Private to the server.
//
// Owns      the socket, taken from the connection, and what waits to be sent.
// Threads   the server's strand.
#pragma once

#include <deque>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include "net/connection.h"

namespace orrery::net {

class Conversation final : public WebSocket, public std::enable_shared_from_this<Conversation> {
 public:
  // `closings` runs the writer; it is not asked to stop, so that last frames still go out.
  Conversation(Socket socket, async::Scope& closings, async::Clock& clock);

  // Answers the upgrade; false if the peer is gone.
  asio::awaitable<bool> accept(
      boost::beast::http::request<boost::beast::http::string_body> request);

  Task<std::string> read() override;
  bool send(std::string text) override;
  void close(unsigned code, std::string reason) override;
  void cut() override;

 private:
  void pump();
  static asio::awaitable<void> run_pump(std::shared_ptr<Conversation> self);

  boost::beast::websocket::stream<Socket> stream_;
  async::Scope& closings_;
  async::Clock& clock_;
  std::deque<std::string> queue_;
  bool pumping_ = false;
  bool closing_ = false;
  bool close_sent_ = false;
  boost::beast::websocket::close_reason close_reason_;
  async::Timer timer_;
};

}  // namespace orrery::net
