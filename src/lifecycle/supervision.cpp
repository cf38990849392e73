#include "lifecycle/supervision.h"

namespace orrery::lifecycle {

bool RestartWindow::allow(TimePoint now) {
  failures_.push_back(now);
  while (!failures_.empty() && now - failures_.front() > within_) failures_.pop_front();
  return failures_.size() <= static_cast<std::size_t>(at_most_);
}

namespace {

struct Supervised {
  std::shared_ptr<Context::Link> link;
  std::string task;
  Restarts restarts;
  std::function<Task<>(async::StopToken)> run;
};

asio::awaitable<Failure> run_once(std::shared_ptr<Supervised> work, async::StopToken token) {
  try {
    auto attempt = work->run(std::move(token));
    auto result = co_await std::move(attempt);
    if (!result) co_return Failure{result.error().text(), result.error().remedy()};
  } catch (...) {
    co_return Failure{async::describe(std::current_exception()), {}};
  }
  co_return Failure{"ended without being asked to", {}};
}

// The end of the task is always observed, and a stop is heard between attempts (inv 29).
asio::awaitable<void> supervise(std::shared_ptr<Supervised> work, async::StopToken token) {
  auto& clock = work->link->clock();
  RestartWindow window{work->restarts.at_most, work->restarts.within};
  async::Backoff backoff{work->restarts.backoff,
                         work->link->seed() ^ std::hash<std::string>{}(work->task)};
  while (true) {
    const auto begun = clock.now();
    auto attempt = run_once(work, token);
    auto failure = co_await std::move(attempt);
    if (token.requested()) co_return;
    work->link->journal().write(
        Level::warn, "lifecycle", "background task ended",
        {{"component", work->link->name()}, {"task", work->task}, {"reason", failure.text}});
    if (!window.allow(clock.now())) {
      failure.text =
          fmt::format("task '{}' failed more than {} times within {}: {}", work->task,
                      work->restarts.at_most, human(work->restarts.within), failure.text);
      work->link->died(std::move(failure));
      co_return;
    }
    auto pause = async::sleep_until(clock, clock.now() + backoff.after(clock.now() - begun), token);
    const auto end = co_await std::move(pause);
    if (end == async::WaitEnd::stopped) co_return;
  }
}

}  // namespace

void Context::supervise(std::string task, Restarts restarts,
                        std::function<Task<>(async::StopToken)> run) const {
  auto work = std::make_shared<Supervised>(Supervised{link_, task, restarts, std::move(run)});
  scope().spawn(std::move(task), lifecycle::supervise(std::move(work), scope().token()));
}

Task<> Component::drain(Context) { co_return Result<>{}; }
Task<> Component::stop(Context, Outcome) { co_return Result<>{}; }

}  // namespace orrery::lifecycle
