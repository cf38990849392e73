#include "storage/pool.h"

#include <system_error>

#include "async/thread.h"

namespace orrery::storage {

using namespace std::chrono_literals;

namespace {

constexpr Duration cool_off = 200ms;
constexpr Duration lingers = 50us;

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

Pool::Pool(Options options, Connect connect)
    : options_{std::move(options)}, connect_{std::move(connect)} {}

void Pool::submit(Job job) {
  if (auto refusal = enqueue(job)) return job.refuse(std::move(*refusal));
  ready_.notify_one();
}

// Takes the job over, or says why not.
std::optional<Error> Pool::enqueue(Job& job) {
  const std::lock_guard lock{mutex_};
  if (closed_) return Error{ErrorKind::cancelled, "the database is closed"};
  if (jobs_.size() >= options_.queue)
    return Error{ErrorKind::limited, "too much waits for the database"}.retry_after(1s);
  if (jobs_.size() >= idle_ && numbers_.threads < options_.size) {
    auto added = add_thread();
    if (!added && numbers_.threads == 0) return std::move(added).error();
  }
  jobs_.push_back(std::move(job));
  knock_.store(true, std::memory_order_release);
  return std::nullopt;
}

void Pool::relieve() {
  const std::lock_guard lock{mutex_};
  const bool room = numbers_.threads < options_.size + options_.overflow;
  if (closed_ || !room || jobs_.size() <= idle_) return;
  [[maybe_unused]] const auto added = add_thread();  // else whoever is there goes on
}

// With the lock held. Errors: limited (the system gives none).
Result<> Pool::add_thread() {
  reap();
  auto& thread = threads_.emplace_back();
  try {
    thread.handle = async::named_thread(options_.name,
                                        [this, &thread](const std::stop_token&) { serve(thread); });
  } catch (const std::system_error& error) {
    threads_.pop_back();
    Error none{ErrorKind::limited,
               fmt::format("no thread for the database: {}", error.code().message())};
    return fail(std::move(none).retry_after(1s).remedy(
        "raise the limit of processes and threads (TasksMax, pids), or end others"));
  }
  ++numbers_.threads;
  return {};
}

void Pool::reap() {
  std::erase_if(threads_, [](const Thread& thread) { return thread.ended; });
}

void Pool::serve(Thread& self) {
  Held held;
  std::unique_lock lock{mutex_};
  while (wait_for_job(lock)) {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++numbers_.busy;
    lock.unlock();
    const bool goes_on = work(job, held);
    lock.lock();
    --numbers_.busy;
    if (!goes_on) break;
  }
  --numbers_.threads;  // nobody is to count on it from here on, nor on its connection
  if (held.connection) --numbers_.connections;
  lock.unlock();
  held.connection.reset();
  lock.lock();
  self.ended = !closed_;  // once closed, close() joins them all
}

// Returns whether there is one: not when the pool ends, nor when there are more threads than are to
// stay and this one has had nothing to do for a while.
bool Pool::wait_for_job(std::unique_lock<std::mutex>& lock) {
  const auto wanted = [this] { return closed_ || !jobs_.empty(); };
  ++idle_;
  if (!wanted() && !std::exchange(lingering_, true)) linger(lock);
  while (!wanted() && numbers_.threads > options_.size) {
    const bool heard = ready_.wait_for(lock, options_.overflow_stays, wanted);
    if (!heard && numbers_.threads > options_.size) break;  // else the others have gone before
  }
  if (numbers_.threads <= options_.size) ready_.wait(lock, wanted);
  --idle_;
  return !jobs_.empty();
}

// Others go first: where there is more to do than processors, this costs them nothing.
void Pool::linger(std::unique_lock<std::mutex>& lock) {
  knock_.store(false, std::memory_order_relaxed);
  lock.unlock();
  for (const auto until = now() + lingers; !knock_.load(std::memory_order_acquire);) {
    if (now() >= until) break;
    std::this_thread::yield();
  }
  lock.lock();
  lingering_ = false;
}

// Returns false when this thread has nothing to give: it could not connect, and others have.
bool Pool::work(Job& job, Held& held) {
  if (!job.ticket->begin()) return true;
  auto ready = prepare(held, job.patience);
  if (!ready && give_back(job)) return false;
  if (!job.ticket->claim()) return true;
  if (!ready) {
    job.refuse(std::move(ready).error());
    return true;
  }
  {
    const Connection::Bound bound{*held.connection, job.patience};
    job.run(*held.connection);
  }
  held.used = now();
  if (!held.connection->usable()) drop(held);
  return true;
}

// A database that takes no more connections still serves those it has taken.
bool Pool::give_back(Job& job) {
  {
    const std::lock_guard lock{mutex_};
    if (numbers_.connections == 0 || job.patience.over() || !job.ticket->put_back()) return false;
    jobs_.push_front(std::move(job));
  }
  ready_.notify_one();
  return true;
}

Result<> Pool::prepare(Held& held, const Patience& patience) {
  const auto at = now();
  if (held.connection && (at - held.opened > options_.max_age || !held.connection->usable()))
    drop(held);
  if (held.connection && at - held.used > options_.check_after) {
    const Connection::Bound bound{*held.connection, patience};
    if (!held.connection->ping()) drop(held);
  }
  return held.connection ? Result<>{} : open(held, patience);
}

Result<> Pool::open(Held& held, const Patience& patience) {
  {
    const std::lock_guard lock{mutex_};
    if (down_ && now() < down_until_) return fail(*down_);
  }
  auto connection = connect_(patience);
  const std::lock_guard lock{mutex_};
  down_.reset();
  if (!connection) {
    // That this caller had no time says nothing about the database.
    if (!patience.over()) down_ = connection.error();
    down_until_ = now() + cool_off;
    return fail(std::move(connection).error());
  }
  held = {std::move(*connection), now(), now()};
  ++numbers_.connections;
  ++numbers_.opened;
  return {};
}

void Pool::drop(Held& held) {
  if (!held.connection) return;
  held.connection.reset();
  const std::lock_guard lock{mutex_};
  --numbers_.connections;
}

void Pool::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    knock_.store(true, std::memory_order_release);
  }
  ready_.notify_all();
  for (auto& thread : threads_) {
    if (thread.handle.joinable()) thread.handle.join();
  }
}

Pool::Numbers Pool::numbers() const {
  const std::lock_guard lock{mutex_};
  auto numbers = numbers_;
  numbers.waiting = jobs_.size();
  return numbers;
}

}  // namespace orrery::storage
