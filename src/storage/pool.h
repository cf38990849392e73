// Threads that each hold one connection, and take turns at the jobs that wait.
//
// `size` threads come as they are needed and stay; `overflow` more come when somebody has waited
// for a while, and go again: a new connection costs more than a short wait. Whoever has just worked
// looks out for more for some microseconds: to be woken takes longer than a small statement. A
// connection is opened when first needed, asked for a sign of life after it stood idle, and
// replaced when it is broken or old. After a failed attempt to connect the next is not made at
// once: jobs are refused with the same reason, so that a database that is down is not stormed.
//
// Owns      its threads and their connections; close joins them.
// Threads   all operations from any; jobs run on the pool's threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>

#include "core/guarded.h"
#include "storage/connection.h"
#include "storage/ticket.h"

namespace orrery::storage {

class Pool {
 public:
  using Connect = std::function<Result<std::unique_ptr<Connection>>(const Patience&)>;

  struct Options {
    std::string name;  // of its threads
    std::size_t size = 1;
    std::size_t overflow = 0;
    std::size_t queue = 1024;  // jobs that wait; more are refused with `limited`
    Duration check_after = std::chrono::seconds{30};
    Duration max_age = std::chrono::minutes{30};
    Duration overflow_stays = std::chrono::seconds{5};  // without work
  };

  // One piece of work. Exactly one of `run` and `refuse` is called, unless it was called off.
  struct Job {
    Patience patience;
    std::shared_ptr<Ticket> ticket;
    std::move_only_function<void(Connection&)> run;
    std::move_only_function<void(Error)> refuse;
  };

  struct Numbers {
    std::size_t threads = 0;
    std::size_t connections = 0;
    std::size_t busy = 0;
    std::size_t waiting = 0;
    std::uint64_t opened = 0;
  };

  Pool(Options options, Connect connect);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { close(); }

  // Refuses it with `limited` when too many wait, or there is no thread to be had for it.
  void submit(Job job);
  // Somebody has waited for a while: adds a thread if one may be added.
  void relieve();
  // Refuses from now on, finishes what waits, closes the connections. Blocks until all have ended.
  void close();
  Numbers numbers() const;

 private:
  struct Held {
    std::unique_ptr<Connection> connection;
    TimePoint opened{};
    TimePoint used{};
  };
  struct Thread {
    bool ended = false;
    std::jthread handle;
  };
  std::optional<Error> enqueue(Job& job);
  Result<> add_thread();
  void reap();
  void serve(Thread& self);
  bool wait_for_job(std::unique_lock<std::mutex>& lock);
  void linger(std::unique_lock<std::mutex>& lock);
  bool work(Job& job, Held& held);
  bool give_back(Job& job);
  Result<> prepare(Held& held, const Patience& patience);
  Result<> open(Held& held, const Patience& patience);
  void drop(Held& held);

  const Options options_;
  const Connect connect_;
  std::atomic<bool> knock_ = false;  // something has come since a thread began to linger
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;    // the rest is guarded by mutex_
  bool lingering_ = false;  // one thread is enough
  std::list<Thread> threads_;
  Numbers numbers_;
  std::size_t idle_ = 0;
  bool closed_ = false;
  std::optional<Error> down_;  // why the last attempt to connect failed,
  TimePoint down_until_{};     // and until when that answers for the next
};

}  // namespace orrery::storage
