#include "actor.h"

#include <algorithm>
#include <stdexcept>

namespace orrery::sim {
namespace {

// Everything here outlives the actors: it belongs to the world.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)

asio::awaitable<void> pass(async::Clock& clock, Duration time) {
  auto sleep = async::sleep_until(clock, clock.now() + time, {});
  co_await std::move(sleep);
}

// For ever, that is until the world is taken down.
asio::awaitable<void> last(async::Clock& clock, async::StopToken finale) {
  auto sleep = async::sleep_until(clock, async::never, std::move(finale));
  co_await std::move(sleep);
}

// Fails a few times, then works until it is asked to end.
Task<> background(Backstage& backstage, std::shared_ptr<std::uint64_t> failures,
                  async::StopToken token) {
  auto working = pass(backstage.clock, milliseconds{3});
  co_await std::move(working);
  if (*failures > 0 && backstage.noisy()) {
    --*failures;
    if (*failures % 2 == 0) throw std::runtime_error("drawn");
    co_return fail(ErrorKind::unavailable, "drawn");
  }
  auto sleep = async::sleep_until(backstage.clock, async::never, std::move(token));
  co_await std::move(sleep);
  co_return Result<>{};
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

std::vector<Component*> both(std::vector<Component*> needs, const std::vector<Component*>& after) {
  for (auto* component : after) {
    if (component != nullptr) needs.push_back(component);
  }
  return needs;
}

}  // namespace

Actor::Actor(Backstage& backstage, std::uint32_t part, std::vector<Component*> needs,
             std::vector<Component*> after)
    : backstage_{backstage},
      part_{part},
      nth_{++backstage.made[part]},
      borrowed_{both(std::move(needs), after)} {
  if (manner(Hook::start) == Manner::throws_at_once && nth_ % 2 == 0) {
    throw std::runtime_error("drawn");
  }
  backstage_.living.insert(this);
  backstage_.current[part_] = this;
}

Actor::~Actor() {
  if (stops_ == 0 && starts_ > 0) object(14, "is destroyed without having been stopped");
  check_borrowed(Hook::stop);
  backstage_.living.erase(this);
  if (backstage_.current[part_] == this) backstage_.current.erase(part_);
}

void Actor::object(int invariant, const std::string& text) const {
  backstage_.object(invariant, fmt::format("the component of part {} {}", part_, text));
}

// What was handed to it lives as long as it does.
void Actor::check_borrowed(Hook hook) const {
  for (const auto* component : borrowed_) {
    if (backstage_.living.contains(component)) continue;
    object(18, fmt::format("had its needs destroyed before its {}", lifecycle::name_of(hook)));
  }
}

Manner Actor::manner(Hook hook) const {
  if (!backstage_.noisy()) return Manner::soon;
  if (part_ < backstage_.plan.parts.size()) return manner_of(backstage_.plan, part_, hook, nth_);
  const auto draw = mixed({backstage_.plan.seed, part_, static_cast<std::uint64_t>(hook), nth_});
  return draw % 8 == 0 ? static_cast<Manner>(draw / 8 % manner_count) : Manner::soon;
}

void Actor::degrade() {
  degraded_ = !degraded_;
  context_->degraded(degraded_ ? "drawn" : "");
}

void Actor::supervise(const Context& context) {
  const auto draw = mixed({backstage_.plan.seed, part_, nth_, 99});
  if (draw % 6 != 0) return;
  const Restarts restarts{
      .at_most = 2,
      .within = milliseconds{500},
      .backoff = {.base = milliseconds{5}, .cap = milliseconds{20}, .stable = milliseconds{100}}};
  auto failures = std::make_shared<std::uint64_t>(draw / 6 % 5);
  context.supervise("work", restarts, [&backstage = backstage_, failures](async::StopToken token) {
    return background(backstage, failures, std::move(token));
  });
}

Task<> Actor::start(Context context) {
  if (++starts_ > 1) object(7, "is started twice");
  context_ = context;
  supervise(context);
  return behave(std::move(context), Hook::start);
}

Task<> Actor::drain(Context context) {
  if (++drains_ > 1) object(24, "is drained twice");
  if (start_well_ != true || stops_ > 0) object(24, "is drained although it is not started");
  return behave(std::move(context), Hook::drain);
}

Task<> Actor::stop(Context context, Outcome start) {
  if (++stops_ > 1 || starts_ != 1) object(14, "is not stopped exactly once");
  if (start == Outcome::started && start_well_ != true) object(14, "was told a wrong outcome");
  if (leaked_) ++backstage_.leaks_to_find;
  return behave(std::move(context), Hook::stop);
}

// Not a coroutine, so that a throw can come before there is one.
Task<> Actor::behave(Context context, Hook hook) {
  check_borrowed(hook);
  const auto how = manner(hook);
  if (how == Manner::throws_at_once) {
    if (hook == Hook::start) start_well_ = false;
    if (nth_ % 3 == 0) throw 42;  // NOLINT: what a plugin may do
    throw std::runtime_error("drawn");
  }
  return perform(std::move(context), hook, how);
}

// What a hook of this manner does besides taking its time.
void Actor::act(const Context& context, Hook hook, Manner manner) {
  if (manner == Manner::slow) context.doing("drawn");
  if (manner == Manner::extends) context.extend(milliseconds{120});
  if (manner == Manner::degrades) degrade();
  if (manner == Manner::stops) backstage_.stop_all();
  if (manner == Manner::leaks && hook != Hook::stop) {
    context.scope().spawn("leak", last(backstage_.clock, backstage_.finale.token()));
    leaked_ = true;
  }
}

Task<> Actor::perform(Context context, Hook hook, Manner manner) {
  act(context, hook, manner);
  const auto draw = mixed({backstage_.plan.seed, part_, nth_, static_cast<std::uint64_t>(hook)});
  const auto budget = context.deadline() - context.clock().now();
  const auto course = course_of(manner, budget, milliseconds{draw % 8});
  auto result = course.good ? Result<>{} : Result<>{fail(ErrorKind::unavailable, "drawn")};
  if (!course.after) {
    auto hanging = hang(context, manner);
    result = co_await std::move(hanging);
  } else if (*course.after > Duration{}) {
    auto passing = pass(backstage_.clock, *course.after);
    co_await std::move(passing);
  }
  if (hook == Hook::start) start_well_ = result.has_value();
  if (manner == Manner::throws_value) throw 42;  // NOLINT: what a plugin may do
  if (manner == Manner::throws_then || manner == Manner::fails_late)
    throw std::runtime_error("drawn");
  co_return result;
}

Task<> Actor::hang(Context context, Manner manner) {
  if (manner == Manner::never) {
    auto lasting = last(backstage_.clock, backstage_.finale.token());
    co_await std::move(lasting);
    co_return fail(ErrorKind::internal, "let go");
  }
  auto sleep = async::sleep_until(backstage_.clock, async::never, context.token());
  co_await std::move(sleep);
  if (manner == Manner::late) {
    auto passing = pass(backstage_.clock, milliseconds{200});
    co_await std::move(passing);
  }
  if (manner == Manner::succeeds_anyway) co_return Result<>{};
  co_return fail(ErrorKind::cancelled, "drawn");
}

}  // namespace orrery::sim
