// A value that can only be touched with its lock held. Never held across a co_await.
#pragma once

#include <mutex>
#include <utility>

namespace orrery {

template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_{std::move(value)} {}

  // Calls `use` with the value and returns what it returns. `use` must not block or call back.
  template <class F>
  decltype(auto) with(F&& use) {
    const std::lock_guard lock{mutex_};
    return std::forward<F>(use)(value_);
  }
  template <class F>
  decltype(auto) with(F&& use) const {
    const std::lock_guard lock{mutex_};
    return std::forward<F>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace orrery
