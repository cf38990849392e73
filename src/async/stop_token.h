// A request to stop that stays: whoever asks later still hears it, and why.
//
// Asio's cancellation is an edge: an operation begun after the signal never hears it. Ours is a
// level, over std::stop_token, with the reason added. All our waits take a token; Asio's own
// per-operation cancellation is not used (docs/decisions/0011-level-stop-token.md).
//
// Threads   all operations from any thread. A subscriber runs once, on the requesting thread, or at
//           once when the request is already there; its destructor waits for a call under way.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace orrery::async {

enum class StopReason : int {
  none,
  shutdown,  // the process stops
  rollback,  // another part failed and this generation is taken back
  restart,   // this part will be started anew
  deadline,  // the budget of the operation is used up
  hurry,     // asked again: no more graces
  finished,  // the owner is done with it
};
std::string_view name_of(StopReason reason);

class StopToken {
 public:
  using Callback = std::stop_callback<std::function<void()>>;
  class Subscription {
   public:
    Subscription() = default;
    explicit Subscription(std::unique_ptr<Callback> callback) : callback_{std::move(callback)} {}

   private:
    std::unique_ptr<Callback> callback_;
  };

  StopToken() = default;  // never requested

  bool requested() const { return token_.stop_requested(); }
  StopReason reason() const { return requested() && reason_ ? reason_->load() : StopReason::none; }
  [[nodiscard]] Subscription subscribe(std::function<void()> callback) const {
    return Subscription{std::make_unique<Callback>(token_, std::move(callback))};
  }

 private:
  friend class StopSource;
  StopToken(std::stop_token token, std::shared_ptr<std::atomic<StopReason>> reason)
      : token_{std::move(token)}, reason_{std::move(reason)} {}

  std::stop_token token_;
  std::shared_ptr<std::atomic<StopReason>> reason_;
};

class StopSource {
 public:
  StopSource() = default;
  // A source that is also stopped, for the same reason, when `parent` is.
  explicit StopSource(const StopToken& parent) {
    follow_ = parent.subscribe([source = source_, reason = reason_, parent] {
      request(source, *reason, parent.reason());
    });
  }

  // The first request wins; returns whether this was it.
  bool request_stop(StopReason reason) { return request(source_, *reason_, reason); }
  bool requested() const { return source_.stop_requested(); }
  StopToken token() const { return {source_.get_token(), reason_}; }

 private:
  static bool request(std::stop_source source, std::atomic<StopReason>& reason, StopReason why) {
    auto none = StopReason::none;
    if (!reason.compare_exchange_strong(none, why)) return false;
    return source.request_stop();
  }

  std::stop_source source_;
  std::shared_ptr<std::atomic<StopReason>> reason_ =
      std::make_shared<std::atomic<StopReason>>(StopReason::none);
  StopToken::Subscription follow_;
};

}  // namespace orrery::async
