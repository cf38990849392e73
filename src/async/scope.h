// The owner of spawned work: counts it, asks it to stop, waits for it, names who is left.
//
// Every spawn of ours goes through a scope. The body never runs inside `spawn` (Boost 1.81 loses
// the completion of a coroutine that ends before it first suspends; docs/hazards/asio-1.81.md), and
// an exception that leaves it is reported with the task's name instead of vanishing.
//
// Owns      the frames of its tasks until they end.
// Threads   spawn, request_stop and queries from any thread; tasks run on the executor.
// Lifetime  destroying a scope with living tasks is a defect and aborts, naming them: join first.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "async/wait.h"

namespace orrery::async {

struct Holder {
  std::string name;
  TimePoint since;
};

class Scope {
 public:
  // Called on the task's executor with the task's name when an exception leaves it.
  using OnFault = std::function<void(const std::string& task, std::exception_ptr fault)>;

  Scope(std::string name, asio::any_io_executor executor, Clock& clock, OnFault on_fault);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  // Runs `body` on the scope's executor, or on `executor`. After a stop request the body is
  // destroyed without having run.
  void spawn(std::string task, asio::awaitable<void> body);
  void spawn(std::string task, const asio::any_io_executor& executor, asio::awaitable<void> body);

  void request_stop(StopReason reason) { source_.request_stop(reason); }
  StopToken token() const { return source_.token(); }

  // Waits until nothing is alive. Does not ask for it: see request_stop.
  asio::awaitable<WaitEnd> join(TimePoint deadline);

  const std::string& name() const { return name_; }
  const asio::any_io_executor& executor() const { return executor_; }
  std::size_t alive() const;
  std::vector<Holder> holders() const;

 private:
  struct Ledger {
    std::map<std::uint64_t, Holder> alive;
    std::uint64_t next = 0;
    std::vector<Oneshot<WaitEnd>> joiners;
  };
  static void leave(Guarded<Ledger>& ledger, std::uint64_t id);
  static asio::awaitable<void> entry(StopToken token, asio::awaitable<void> body);

  const std::string name_;
  const asio::any_io_executor executor_;
  Clock& clock_;
  const std::shared_ptr<const OnFault> on_fault_;
  StopSource source_;
  // Shared with the completion handlers, the last of which may outlive the scope by one call.
  std::shared_ptr<Guarded<Ledger>> ledger_ = std::make_shared<Guarded<Ledger>>();
};

// The sentence of an exception, also of one that is no std::exception.
std::string describe(const std::exception_ptr& fault);

}  // namespace orrery::async
