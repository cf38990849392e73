#include "storage/pool.h"

#include "async/thread.h"

namespace orrery::storage {

using namespace std::chrono_literals;

namespace {

constexpr Duration cool_off = 200ms;
constexpr Duration extra_stays = 5s;
constexpr Duration moment = 50us;

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
  if (closed_) return Error{ErrorKind::unavailable, "the database is closed"};
  if (jobs_.size() >= options_.queue)
    return Error{ErrorKind::limited, "too much waits for the database"}.retry_after(1s);
  jobs_.push_back(std::move(job));
  knock_.store(true, std::memory_order_release);
  if (jobs_.size() > idle_ && numbers_.threads < options_.size) add_thread();
  return std::nullopt;
}

void Pool::relieve() {
  const std::lock_guard lock{mutex_};
  if (!closed_ && jobs_.size() > idle_ && numbers_.threads < options_.size + options_.overflow)
    add_thread();
}

// With the lock held.
void Pool::add_thread() {
  reap();
  ++numbers_.threads;
  auto& thread = threads_.emplace_back();
  thread.handle = async::named_thread(options_.name,
                                      [this, &thread](const std::stop_token&) { serve(thread); });
}

void Pool::reap() {
  std::erase_if(threads_, [](const Thread& thread) { return thread.ended; });
}

void Pool::serve(Thread& self) {
  Held held;
  std::unique_lock lock{mutex_};
  while (wait_for_job(lock, numbers_.threads > options_.size)) {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++numbers_.busy;
    lock.unlock();
    const bool goes_on = work(job, held);
    lock.lock();
    --numbers_.busy;
    if (!goes_on) break;
  }
  if (held.connection) --numbers_.connections;  // nobody is to count on it from here on
  lock.unlock();
  held.connection.reset();
  lock.lock();
  --numbers_.threads;
  self.ended = !closed_;  // once closed, close() joins them all
}

// Returns whether there is one: not when the pool ends, nor when a thread that came for a rush has
// had nothing to do for a while.
bool Pool::wait_for_job(std::unique_lock<std::mutex>& lock, bool extra) {
  const auto wanted = [this] { return closed_ || !jobs_.empty(); };
  ++idle_;
  if (!wanted() && !std::exchange(lingering_, true)) linger(lock);
  if (extra) {
    ready_.wait_for(lock, extra_stays, wanted);
  } else {
    ready_.wait(lock, wanted);
  }
  --idle_;
  return !jobs_.empty();
}

// Others go first: where there is more to do than processors, this costs them nothing.
void Pool::linger(std::unique_lock<std::mutex>& lock) {
  knock_.store(false, std::memory_order_relaxed);
  lock.unlock();
  for (const auto until = now() + moment; !knock_.load(std::memory_order_acquire);) {
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
