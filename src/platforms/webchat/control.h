// The web chat as the window sees it: a door that is open while the runtime is.
//
// The route for web sockets lives in the core, the chat in the runtime; the door lies between them,
// so that nothing in the core ever holds a part of the runtime.
//
// Threads   the control strand.
#pragma once

#include "chat/message.h"
#include "net/http.h"

namespace orrery::platforms::webchat {

// Who comes through the door.
struct Visitor {
  std::string id;
  std::string name;
  chat::Standing standing = chat::Standing::user;
};

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

 private:
  Room* room_ = nullptr;
};

}  // namespace orrery::platforms::webchat
