#include "records/history_component.h"

namespace orrery::records {

using namespace std::chrono_literals;

namespace {

constexpr Duration hand_over_every = 1s;
constexpr Duration forget_every = 1min;

}  // namespace

Task<> HistoryComponent::start(lifecycle::Context context) {
  if (!options_.enabled) co_return Result<>{};
  context.supervise("recorder", {}, [this, context](async::StopToken token) {
    return run(context, std::move(token));
  });
  co_return Result<>{};
}

// In pieces, so that nobody waits long for the database, however much there is. The clock outlives
// every component.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<> HistoryComponent::forget(async::Clock& clock, async::StopToken token) {
  const auto before =
      wall_now() - std::chrono::duration_cast<std::chrono::milliseconds>(options_.keep);
  for (std::int64_t count = 1; count > 0 && !token.requested();) {
    auto forgetting = history_.forget_before(before, {clock.now() + 5s, token});
    auto forgotten = co_await std::move(forgetting);
    if (!forgotten) co_return fail(std::move(forgotten).error());
    count = *forgotten;
  }
  co_return Result<>{};
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

// What the database does not take now, it is given again a second later.
Task<> HistoryComponent::run(lifecycle::Context context, async::StopToken token) {
  auto& clock = context.clock();
  auto forget_at = clock.now();
  std::string late;  // what keeps it from forgetting
  while (!token.requested()) {
    auto pause = async::sleep_until(clock, clock.now() + hand_over_every, token);
    co_await std::move(pause);
    if (token.requested()) break;
    auto flushing = recorder_.flush(history_, {clock.now() + 5s, token});
    const auto flushed = co_await std::move(flushing);
    if (clock.now() >= forget_at) {
      forget_at = clock.now() + forget_every;
      auto forgetting = forget(clock, token);
      const auto forgotten = co_await std::move(forgetting);
      late = forgotten ? "" : "old messages are still there: " + forgotten.error().text();
    }
    context.degraded(flushed ? late : "messages wait for the database: " + flushed.error().text());
  }
  co_return Result<>{};
}

Task<> HistoryComponent::stop(lifecycle::Context context, lifecycle::Outcome) {
  auto flushing = recorder_.flush(history_, {context.deadline(), context.token()});
  co_return co_await std::move(flushing);
}

}  // namespace orrery::records
