#include "records/history_component.h"

namespace orrery::records {

using namespace std::chrono_literals;

namespace {

constexpr Duration hand_over_every = 1s;
constexpr Duration forget_every = 1min;

}  // namespace

Task<> HistoryComponent::start(lifecycle::Context context) {
  if (!options_.enabled) co_return Result<>{};
  context.doing("forgetting what is older than " + human(options_.keep));
  auto forgetting = forget({context.deadline(), context.token()});
  auto forgotten = co_await std::move(forgetting);
  if (!forgotten) co_return forgotten;
  context.supervise("recorder", {}, [this, context](async::StopToken token) {
    return run(context, std::move(token));
  });
  co_return Result<>{};
}

Task<> HistoryComponent::forget(storage::Patience patience) {
  const auto before =
      wall_now() - std::chrono::duration_cast<std::chrono::milliseconds>(options_.keep);
  auto forgetting = history_.forget_before(before, std::move(patience));
  auto forgotten = co_await std::move(forgetting);
  if (!forgotten) co_return fail(std::move(forgotten).error().with("forgetting old messages"));
  co_return Result<>{};
}

// What the database does not take now, it is given again a second later.
Task<> HistoryComponent::run(lifecycle::Context context, async::StopToken token) {
  auto& clock = context.clock();
  auto forgotten_at = clock.now();
  while (!token.requested()) {
    auto pause = async::sleep_until(clock, clock.now() + hand_over_every, token);
    co_await std::move(pause);
    if (token.requested()) break;
    auto flushing = recorder_.flush(history_, {clock.now() + 5s, token});
    const auto flushed = co_await std::move(flushing);
    context.degraded(flushed ? "" : "messages wait for the database: " + flushed.error().text());
    if (clock.now() - forgotten_at < forget_every) continue;
    forgotten_at = clock.now();
    auto forgetting = forget({clock.now() + 5s, token});
    [[maybe_unused]] const auto forgotten = co_await std::move(forgetting);
  }
  co_return Result<>{};
}

Task<> HistoryComponent::stop(lifecycle::Context context, lifecycle::Outcome) {
  auto flushing = recorder_.flush(history_, {context.deadline(), context.token()});
  co_return co_await std::move(flushing);
}

}  // namespace orrery::records
