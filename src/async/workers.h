// A bounded pool for work that blocks: files, password hashes, SQLite.
//
// Owns      its threads; the destructor finishes the job in hand, drops those that wait (their
//           callers get `cancelled`), and joins.
// Threads   run from any coroutine; the job runs on a pool thread and is resumed on the caller's
//           executor.
// Limits    `queue` jobs wait at most; more are refused with `limited`, so that a burst cannot
//           grow memory or delay for ever.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "async/oneshot.h"

namespace orrery::async {

class Workers {
 public:
  Workers(std::string name, std::size_t threads, std::size_t queue);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  // Errors: limited (the queue is full), cancelled (the pool ends), internal (the job threw), and
  // what `job` returns.
  template <class T>
  Task<T> run(std::move_only_function<Result<T>()> job) {
    Oneshot<Result<T>> answer;
    auto work = [answer, job = std::move(job)](Fate fate) mutable {
      answer.set(fate == Fate::run ? attempt<T>(job)
                                   : Result<T>{fail(ErrorKind::cancelled, "the pool ended")});
    };
    if (!push(std::move(work))) {
      Error full{ErrorKind::limited, "too much is waiting for the " + name_ + " thread"};
      co_return fail(std::move(full).retry_after(std::chrono::seconds{1}));
    }
    co_return co_await answer.take();
  }

 private:
  enum class Fate { run, drop };
  // Whatever it throws is its own failure, and not the end of the program.
  template <class T>
  static Result<T> attempt(std::move_only_function<Result<T>()>& job) {
    try {
      return job();
    } catch (const std::exception& error) {
      return fail(ErrorKind::internal, "it threw: {}", error.what());
    } catch (...) {
      return fail(ErrorKind::internal, "it threw something that is no exception");
    }
  }
  using Job = std::move_only_function<void(Fate)>;
  bool push(Job job);
  void serve(const std::stop_token& token);

  const std::string name_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Job> jobs_;               // guarded by mutex_
  std::vector<std::jthread> threads_;  // last: joined before the rest dies
};

}  // namespace orrery::async
