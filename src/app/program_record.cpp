// What the program remembers of itself: how its starts went, and how it fares.
#include <boost/json.hpp>

#include "app/program.h"
#include "web/status_json.h"

namespace orrery::app {

using namespace std::chrono_literals;

// How this start went.
void Program::record_settled() {
  auto start = web::timeline_json(*this);
  start["boot"] = boot_.id;
  start["at"] = iso8601(wall_now());
  start["outcome"] = ready() ? "ready" : "failed";
  start["reason"] = ready() ? std::string{} : lifecycle::failure_text(*driver_->snapshot());
  start["version"] = ORRERY_VERSION;
  starts_.record(std::move(start));
}

// Once more when parts that nobody waited for have settled, too.
void Program::record_start() {
  record_settled();
  if (!ready()) return;
  account_timer_ =
      clock_.arm(clock_.now() + 3s, [this, generation = driver_->snapshot()->generation] {
        if (ready() && driver_->snapshot()->generation == generation) record_settled();
      });
}

// Every few seconds: memory, processor and messages, for the picture of the last hour. Every
// second: how long those who are busy have been.
asio::awaitable<void> Program::count() {
  const auto token = tasks_.token();
  for (unsigned second = 0; !token.requested(); ++second) {
    const bool busy = !driver_->snapshot()->waiting_on.empty() || bot_watch_.blocked();
    accounts_.end_expired();
    if (busy || std::exchange(was_busy_, busy)) live_events_.touch();
    was_busy_ = busy;
    if (second % web::History::interval.count() == 0) take_numbers();
    auto pause = async::sleep_until(clock_, clock_.now() + 1s, token);
    co_await std::move(pause);
  }
}

void Program::take_numbers() {
  const auto process = observe::sample_process();
  const web::Numbers numbers{.at = wall_now(),
                             .memory_bytes = process.resident_bytes,
                             .cpu_seconds = process.cpu_seconds,
                             .handled = handled_.load()};
  history_.add(numbers);
  live_events_.new_numbers(numbers);
}

}  // namespace orrery::app
