// One thread that runs one event loop, and says who holds it up.
//
// A loop of cooperating coroutines stands still when one of them blocks. Work that may misbehave
// runs on `labelled("…")`: while any piece of it executes, the loop's label names it, so that
// another thread can tell who is to blame.
//
// Owns      the io_context and, between start and stop, the thread.
// Threads   all operations from any thread but stop, which its owner calls once.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "async/wait.h"

namespace orrery::async {

// What a loop is executing, readable from any thread.
class Busy {
 public:
  struct Spell {
    std::string who;
    TimePoint since;
  };
  void begin(const std::string& who);
  void end();
  std::optional<Spell> now() const;

 private:
  Guarded<std::optional<Spell>> spell_;
};

// An executor like `inner` that names `who` in `busy` while anything runs through it.
asio::any_io_executor labelled(asio::any_io_executor inner, std::shared_ptr<Busy> busy,
                               std::string who);

// Where work runs, and where it leaves its name while it does.
struct Strand {
  asio::any_io_executor executor;
  std::shared_ptr<Busy> busy;
  asio::any_io_executor labelled(std::string who) const {
    return async::labelled(executor, busy, std::move(who));
  }
};

class Loop {
 public:
  explicit Loop(std::string name);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Begins the thread. An exception that escapes to the loop is a defect: it aborts.
  void start();
  // Lets what is posted finish, for at most `grace`, then joins; a thread that is still busy
  // is left behind and false is returned: the process must then end without destructors.
  [[nodiscard]] bool stop(Duration grace);

  asio::any_io_executor executor() { return context_.get_executor(); }
  Strand strand() { return {executor(), busy_}; }
  // Runs the loop on the calling thread instead of one of its own, until nothing is left to do.
  void run_here() { context_.run(); }
  // Makes run return soon, whatever is left to do.
  void quit() { context_.stop(); }
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  asio::io_context context_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  std::shared_ptr<Busy> busy_ = std::make_shared<Busy>();
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace orrery::async
