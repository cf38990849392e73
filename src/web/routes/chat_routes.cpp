#include "web/routes/routes.h"

namespace orrery::web {
namespace {

using platforms::webchat::Door;
using platforms::webchat::Visitor;

// Whoever is signed in owns the bot; from a terminal, `?as=NAME` speaks as an ordinary user.
Visitor visitor_of(const net::Request& request, const Principal& who) {
  const auto as = request.parameter("as");
  if (as && who.via == Principal::Via::local_socket) {
    return {.id = "user:" + *as, .name = *as, .standing = chat::Standing::user};
  }
  // A program with a key that may only chat is no owner.
  const auto standing = who.may(Scope::manage) ? chat::Standing::owner : chat::Standing::user;
  return {.id = "account:" + who.id, .name = who.name, .standing = standing};
}

asio::awaitable<void> converse(Door* door, net::Request request, Guarded in,
                               std::shared_ptr<net::WebSocket> socket) {
  auto* room = door->room();
  if (room == nullptr) {
    socket->close(1013, "the runtime is not ready");
    co_return;
  }
  auto talking = room->converse(visitor_of(request, in.who()), std::move(socket));
  co_await std::move(talking);
}

}  // namespace

void add_chat_routes(Router& router, Door& door) {
  const Router::Conversation<Guarded> call = [&door](net::Request r, Guarded in,
                                                     std::shared_ptr<net::WebSocket> socket) {
    return converse(&door, std::move(r), std::move(in), std::move(socket));
  };
  router.add_socket("/api/chat/ws", call, Scope::chat);
}

}  // namespace orrery::web
