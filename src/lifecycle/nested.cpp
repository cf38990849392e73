#include "lifecycle/nested.h"

#include "core/text.h"

namespace orrery::lifecycle {

Task<> Nested::start(Context context) {
  Assembly assembly;
  wire_(assembly);
  auto driver = Driver::create(assembly, environment_);
  if (!driver) co_return fail(std::move(driver).error());
  driver_ = std::move(*driver);
  driver_->begin();
  auto wait = driver_->wait(Goal::ready, async::never, context.token());
  auto settled = co_await std::move(wait);
  if (!settled) co_return fail(std::move(settled).error());
  if (*settled != Settled::ready) {
    const auto snapshot = driver_->snapshot();
    Error error{ErrorKind::unavailable, failure_text(*snapshot)};
    co_return fail(std::move(error).remedy(snapshot->failure.remedy));
  }
  watching_ = driver_->listen([this, context](const LifecycleEvent&) { watch(context); });
  watch(context);
  co_return Result<>{};
}

void Nested::watch(const Context& context) {
  const auto snapshot = driver_->snapshot();
  if (is_failed(snapshot->state)) {
    context.link().died({failure_text(*snapshot), snapshot->failure.remedy});
  }
  context.degraded(join(snapshot->degraded, "; "));
}

Task<> Nested::drain(Context context) {
  watching_.reset();
  driver_->request_stop();
  auto stopping = driver_->wait(Goal::stopped, async::never, context.token());
  const auto settled = co_await std::move(stopping);
  if (!settled) co_return fail(settled.error());
  co_return Result<>{};
}

Task<> Nested::stop(Context context, Outcome) {
  watching_.reset();
  if (!driver_) co_return Result<>{};
  driver_->request_stop();
  auto stopping = driver_->wait(Goal::stopped, async::never, context.token());
  const auto settled = co_await std::move(stopping);
  if (!settled) {
    driver_->hurry();
    auto hurrying = driver_->wait(Goal::stopped, async::never, {});
    const auto hurried = co_await std::move(hurrying);
    if (!hurried) co_return fail(hurried.error());
  }
  // Once stopped it spawns no more hooks, so that joining means the end. A part that refuses to die
  // keeps this hook from ending: the outer engine then names it.
  auto ending = driver_->join(async::never);
  co_await std::move(ending);
  if (!driver_->stopped_cleanly())
    co_return fail(ErrorKind::timeout, "an inner part did not stop in its budget");
  co_return Result<>{};
}

}  // namespace orrery::lifecycle
