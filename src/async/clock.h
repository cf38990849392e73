// Time as a parameter: production reads the steady clock, tests move a clock by hand.
//
// Threads   now and arm from any thread. A callback runs on the clock's executor (SteadyClock) or
//           inside advance (ManualClock). A Timer that is destroyed or cancelled no longer fires;
//           a call already running on another thread is not waited for, so a callback may only
//           touch what it shares ownership of.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include "core/guarded.h"
#include "core/time.h"

namespace orrery::async {

namespace asio = boost::asio;

class Timer {
 public:
  struct Pending {
    virtual ~Pending() = default;
    virtual void cancel() = 0;
  };
  Timer() = default;
  explicit Timer(std::shared_ptr<Pending> pending) : pending_{std::move(pending)} {}
  Timer(Timer&&) = default;
  Timer& operator=(Timer&& other) noexcept {
    cancel();
    pending_ = std::move(other.pending_);
    return *this;
  }
  ~Timer() { cancel(); }

  void cancel() {
    if (auto pending = std::exchange(pending_, nullptr)) pending->cancel();
  }

 private:
  std::shared_ptr<Pending> pending_;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  // Calls `callback` once at or after `at`, never inside this call.
  [[nodiscard]] virtual Timer arm(TimePoint at, std::move_only_function<void()> callback) = 0;
};

class SteadyClock final : public Clock {
 public:
  explicit SteadyClock(asio::any_io_executor executor) : executor_{std::move(executor)} {}
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  Timer arm(TimePoint at, std::move_only_function<void()> callback) override;

 private:
  asio::any_io_executor executor_;
};

class ManualClock final : public Clock {
 public:
  TimePoint now() const override;
  Timer arm(TimePoint at, std::move_only_function<void()> callback) override;

  // Moves time on, firing what falls due in order of time, then of arming.
  void advance(Duration by);
  // When the next timer is due; nothing if none is armed.
  std::optional<TimePoint> next() const;

 private:
  struct Armed;
  struct State {
    TimePoint now{};
    std::multimap<TimePoint, std::shared_ptr<Armed>> timers;
  };
  std::shared_ptr<Armed> take_due(TimePoint limit);
  Guarded<State> state_;
};

}  // namespace orrery::async
