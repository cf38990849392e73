// The web chat as the window sees it: a door that is open while the runtime is.
//
// The route for web sockets lives in the core, the chat in the runtime; the door lies between them,
// so that nothing in the core ever holds a part of the runtime.
//
// Threads   the control strand.
#pragma once

#include "net/http.h"
#include "platforms/webchat/visitors.h"

namespace orrery::platforms::webchat {

class Room {
 public:
  virtual ~Room() = default;
  // Runs one visitor's session until it ends.
  virtual asio::awaitable<void> converse(Visitor visitor,
                                         std::shared_ptr<net::WebSocket> socket) = 0;
};

class Door {
 public:
  void open(Room& room) { room_ = &room; }
  void close() { room_ = nullptr; }
  Room* room() const { return room_; }  // null while closed
  // Who came through it: here, because messages may outlast the room.
  Visitors& visitors() { return visitors_; }

 private:
  Room* room_ = nullptr;
  Visitors visitors_;
};

}  // namespace orrery::platforms::webchat
