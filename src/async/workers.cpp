#include "async/workers.h"

#include "async/thread.h"

namespace orrery::async {

Workers::Workers(std::string name, std::size_t threads, std::size_t queue)
    : name_{std::move(name)}, limit_{queue} {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(named_thread(name_, [this](const std::stop_token& token) { serve(token); }));
  }
}

Workers::~Workers() {
  threads_.clear();  // asks each to stop and joins it
  for (auto& job : jobs_) job(Fate::drop);
}

bool Workers::push(Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (jobs_.size() >= limit_) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void Workers::serve(const std::stop_token& token) {
  while (true) {
    std::unique_lock lock{mutex_};
    if (!ready_.wait(lock, token, [this] { return !jobs_.empty(); })) return;
    if (token.stop_requested()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job(Fate::run);
  }
}

}  // namespace orrery::async
