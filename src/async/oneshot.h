// One value, given once, awaited once: the only bridge from a callback to a coroutine.
//
// The first `set` wins, whoever calls it: the work, its deadline, or the stop token. The waiter is
// resumed by a post to its own executor, never inside `set`, so completions do not re-enter.
//
// Threads   set from any thread; take by one coroutine.
// Lifetime  copies share the state; the last copy, often a timer's callback, ends it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/task.h"
#include "core/guarded.h"

namespace orrery::async {

template <class T>
class Oneshot {
 public:
  // Returns whether this value is the one that counts.
  bool set(T value) const;
  bool is_set() const {
    return state_->with([](const State& state) { return state.given; });
  }
  asio::awaitable<T> take() const;

 private:
  struct State {
    bool given = false;
    std::optional<T> value;
    std::move_only_function<void(T)> waiter;
  };
  static void attach(Guarded<State>& state, std::move_only_function<void(T)> waiter);

  std::shared_ptr<Guarded<State>> state_ = std::make_shared<Guarded<State>>();
};

template <class T>
bool Oneshot<T>::set(T value) const {
  std::move_only_function<void(T)> waiter;
  const bool first = state_->with([&](State& state) {
    if (std::exchange(state.given, true)) return false;
    if (state.waiter) {
      waiter = std::move(state.waiter);
    } else {
      state.value.emplace(std::move(value));
    }
    return true;
  });
  if (waiter) waiter(std::move(value));
  return first;
}

template <class T>
void Oneshot<T>::attach(Guarded<State>& shared, std::move_only_function<void(T)> waiter) {
  std::optional<T> ready;
  shared.with([&](State& state) {
    if (state.value) {
      ready = std::exchange(state.value, std::nullopt);
    } else {
      state.waiter = std::move(waiter);
    }
  });
  if (ready) waiter(std::move(*ready));
}

template <class T>
asio::awaitable<T> Oneshot<T>::take() const {
  auto state = state_;
  auto begin = [state](auto handler) {
    auto executor = asio::prefer(asio::get_associated_executor(handler),
                                 asio::execution::outstanding_work.tracked);
    attach(*state, [executor, h = std::move(handler)](T value) mutable {
      asio::post(executor, [h = std::move(h), v = std::move(value)]() mutable { h(std::move(v)); });
    });
  };
  auto wait = asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(std::move(begin),
                                                                           asio::use_awaitable);
  co_return co_await std::move(wait);
}

}  // namespace orrery::async
