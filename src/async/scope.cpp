#include "async/scope.h"

#include <cstdio>
#include <cstdlib>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace orrery::async {

Scope::Scope(std::string name, asio::any_io_executor executor, Clock& clock, OnFault on_fault)
    : name_{std::move(name)},
      executor_{std::move(executor)},
      clock_{clock},
      on_fault_{std::make_shared<const OnFault>(std::move(on_fault))} {}

Scope::~Scope() {
  const auto left = holders();
  if (left.empty()) return;
  std::fprintf(stderr, "scope %s was destroyed with %zu living tasks, the first is %s\n",
               name_.c_str(), left.size(), left.front().name.c_str());
  std::abort();
}

asio::awaitable<void> Scope::entry(StopToken token, asio::awaitable<void> body) {
  co_await asio::post(asio::use_awaitable);
  if (token.requested()) co_return;
  co_await std::move(body);
}

void Scope::leave(Guarded<Ledger>& ledger, std::uint64_t id) {
  auto joiners = ledger.with([&](Ledger& state) {
    state.alive.erase(id);
    return state.alive.empty() ? std::exchange(state.joiners, {}) : std::vector<Oneshot<WaitEnd>>{};
  });
  for (const auto& joiner : joiners) joiner.set(WaitEnd::done);
}

void Scope::spawn(std::string task, asio::awaitable<void> body) {
  spawn(std::move(task), executor_, std::move(body));
}

void Scope::spawn(std::string task, const asio::any_io_executor& executor,
                  asio::awaitable<void> body) {
  const auto id = ledger_->with([&](Ledger& state) {
    state.alive.emplace(state.next, Holder{.name = task, .since = clock_.now()});
    return state.next++;
  });
  auto done = [ledger = ledger_, on_fault = on_fault_, id,
               task = std::move(task)](const std::exception_ptr& fault) {
    if (fault) (*on_fault)(task, fault);
    leave(*ledger, id);
  };
  asio::co_spawn(executor, entry(token(), std::move(body)), std::move(done));
}

asio::awaitable<WaitEnd> Scope::join(TimePoint deadline) {
  Oneshot<WaitEnd> signal;
  ledger_->with([&](Ledger& state) {
    if (state.alive.empty()) {
      signal.set(WaitEnd::done);
    } else {
      state.joiners.push_back(signal);
    }
  });
  co_return co_await wait(std::move(signal), clock_, deadline, StopToken{});
}

std::size_t Scope::alive() const {
  return ledger_->with([](const Ledger& state) { return state.alive.size(); });
}

std::vector<Holder> Scope::holders() const {
  return ledger_->with([](const Ledger& state) {
    std::vector<Holder> holders;
    for (const auto& [id, holder] : state.alive) holders.push_back(holder);
    return holders;
  });
}

std::string describe(const std::exception_ptr& fault) {
  try {
    std::rethrow_exception(fault);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "threw something that is not a std::exception";
  }
}

}  // namespace orrery::async
