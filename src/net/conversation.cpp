#include "net/conversation.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace orrery::net {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t queue_limit = 256;
// How long a peer may take to answer a close: a stop waits for the slowest of them.
constexpr std::chrono::milliseconds close_patience{250};

}  // namespace

Conversation::Conversation(Socket socket, async::Scope& closings, async::Clock& clock)
    : stream_{std::move(socket)}, closings_{closings}, clock_{clock} {
  stream_.read_message_max(message_limit.count);
  stream_.set_option(websocket::stream_base::timeout{.handshake_timeout = std::chrono::seconds{10},
                                                     .idle_timeout = std::chrono::seconds{60},
                                                     .keep_alive_pings = true});
}

asio::awaitable<bool> Conversation::accept(beast::http::request<beast::http::string_body> request) {
  auto accepting = stream_.async_accept(request, use_tuple);
  auto [error] = co_await std::move(accepting);
  co_return !error;
}

Task<std::string> Conversation::read() {
  beast::flat_buffer buffer;
  auto reading = stream_.async_read(buffer, use_tuple);
  auto [error, size] = co_await std::move(reading);
  if (error) co_return fail(ErrorKind::unavailable, "the web socket ended: {}", error.message());
  if (!stream_.got_text()) {
    close(1003, "send text");
    co_return fail(ErrorKind::invalid, "a binary message");
  }
  co_return beast::buffers_to_string(buffer.data());
}

bool Conversation::send(std::string text) {
  if (closing_) return false;
  if (queue_.size() >= queue_limit) {
    close(1008, "you do not read what is sent");
    return false;
  }
  queue_.push_back(std::move(text));
  pump();
  return true;
}

void Conversation::close(unsigned code, std::string reason) {
  if (std::exchange(closing_, true)) return;
  close_reason_ = {static_cast<websocket::close_code>(code), reason};
  pump();
  timer_ = clock_.arm(clock_.now() + close_patience, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cut();
  });
}

void Conversation::cut() {
  boost::system::error_code ignored;
  stream_.next_layer().close(ignored);
}

void Conversation::pump() {
  if (std::exchange(pumping_, true)) return;
  closings_.spawn("web socket writer", run_pump(shared_from_this()));
}

asio::awaitable<void> Conversation::run_pump(std::shared_ptr<Conversation> self) {
  while (!self->queue_.empty()) {
    const auto text = std::move(self->queue_.front());
    self->queue_.pop_front();
    self->stream_.text(true);
    auto writing = self->stream_.async_write(asio::buffer(text), use_tuple);
    auto [error, size] = co_await std::move(writing);
    if (error) self->queue_.clear();
  }
  if (self->closing_ && !std::exchange(self->close_sent_, true)) {
    auto closing = self->stream_.async_close(self->close_reason_, use_tuple);
    co_await std::move(closing);  // whether the peer answers does not matter any more
  }
  self->pumping_ = false;
  const bool more = !self->queue_.empty() || (self->closing_ && !self->close_sent_);
  if (more) self->pump();
}

}  // namespace orrery::net
