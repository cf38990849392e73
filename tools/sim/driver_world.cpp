#include "driver_world.h"

#include <cstdio>
#include <cstdlib>

#include <boost/asio/post.hpp>

#include "moments.h"
#include "nested_actor.h"
#include "stage.h"
#include "story.h"

namespace orrery::sim {
namespace {

constexpr std::uint32_t strand_count = 4;  // control, the bot's, two more

class DriverWorld : Witness {
 public:
  DriverWorld(const Plan& plan, Telling telling);

  Verdict live();
  // Nothing is left, so that it can be destroyed.
  bool empty() const { return driver_->idle() && outside_.alive() == 0; }

 private:
  void before(TimePoint now, const Fact& fact, const Machine& machine) override;
  void after(const Orders& orders, const Machine& machine) override;
  void on_update(const Update& update);
  void expect(const std::vector<std::uint32_t>& disturbances);
  void disturb(const Disturbance& disturbance);
  void disturb_part(const Disturbance& disturbance);
  void wait(Goal goal);
  asio::awaitable<void> wait_for(Goal goal, TimePoint deadline, async::StopToken token);
  void run(TimePoint until);
  void settle();
  void take_down();
  Assembly wire();
  async::Strand strand(std::uint32_t number) {
    return {stage_.strand(number), std::make_shared<async::Busy>()};
  }
  Environment environment(Witness* witness) {
    return {strand(0), clock_, journal_, plan_.limits, plan_.seed, witness};
  }
  void say(const std::string& line) const;
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3U; }

  const Plan& plan_;
  const Telling telling_;
  Random schedule_;
  Stage stage_;
  async::ManualClock clock_;
  Journal journal_;
  const Graph graph_;
  const Cast cast_;
  Moments moments_;
  Oracles oracles_;
  Backstage backstage_;
  std::unique_ptr<Driver> driver_;
  async::Scope outside_;
  std::vector<async::Timer> disturbances_;
  std::vector<Disturbance> for_observer_;
  std::deque<async::StopSource> waits_;
  std::optional<Driver::Subscription> observing_;
  bool observed_ = false;
  std::uint64_t seen_ = 0;  // version, by the observer
  int asked_ = 0;           // waits begun
  int answered_ = 0;
  const Machine* machine_ = nullptr;
  std::uint64_t hash_ = 0xCBF29CE484222325U;
  std::uint32_t steps_ = 0;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

DriverWorld::DriverWorld(const Plan& plan, Telling telling)
    : plan_{plan},
      telling_{telling},
      schedule_{mixed({plan.seed, plan.schedule, 1})},
      stage_{mixed({plan.seed, plan.schedule, 2}), strand_count},
      graph_{[&] { return std::move(Graph::build(plan.parts)).value(); }()},
      cast_{plan, graph_},
      moments_{plan, cast_},
      oracles_{graph_, plan.limits},
      backstage_{.plan = plan_,
                 .clock = clock_,
                 .quiet_from = TimePoint{} + plan.noise,
                 .object = [this](int i, std::string text) { oracles_.object(i, std::move(text)); },
                 .stop_all = [this] { driver_->request_stop(); }},
      driver_{[&] {
        auto driver = Driver::create(wire(), environment(this));
        if (!driver) give_up(driver.error().text());
        return std::move(*driver);
      }()},
      outside_{"outside", stage_.strand(0), clock_, [](const auto& task, const auto& fault) {
                 give_up(task + " threw " + async::describe(fault));
               }} {}

// Where a part runs, and whether it holds others, is its own, whatever else is left out.
Assembly DriverWorld::wire() {
  Assembly assembly;
  std::vector<async::Strand> strands;
  for (std::uint32_t i = 0; i < strand_count; ++i) strands.push_back(strand(i));
  for (std::uint32_t part = 0; part < plan_.parts.size(); ++part) {
    const auto name = static_cast<unsigned char>(plan_.parts[part].name[0]);
    const auto draw = mixed({plan_.seed, name, 3});
    if (draw % 12 == 0) {
      auto nested = [this, part, strands](const auto&, const auto&) {
        return std::make_unique<NestedActor>(backstage_, part, environment(nullptr), strands);
      };
      assembly.declare({plan_.parts[part], nested, strands[0]});
      continue;
    }
    auto actor = [this, part](const auto& needs, const auto& after) {
      return std::make_unique<Actor>(backstage_, part, needs, after);
    };
    assembly.declare({plan_.parts[part], actor, strands[draw / 12 % strand_count]});
  }
  return assembly;
}

void DriverWorld::say(const std::string& line) const {
  const auto now = clock_.now().time_since_epoch();
  std::printf("%6.0f ms  %s\n", orrery::milliseconds(now), line.c_str());
}

// ---- what the machine is told and orders

void DriverWorld::before(TimePoint now, const Fact& fact, const Machine& machine) {
  machine_ = &machine;
  if (telling_ == Telling::aloud) say(in_words(fact, graph_));
  ++steps_;
  mix(fact.index());
  mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  oracles_.before(now, fact, machine);
  expect(moments_.come(fact));
}

void DriverWorld::after(const Orders& orders, const Machine& machine) {
  oracles_.after(orders, machine);
  for (const auto& order : orders) {
    mix(order.index() + 100);
    if (telling_ == Telling::aloud) say(in_words(order, graph_));
    expect(moments_.come(order));
  }
}

void DriverWorld::on_update(const Update& update) {
  if (observed_ && update.version != seen_ + 1) oracles_.object(2, "a state was not observed");
  if (!observed_ && update.version != 0) oracles_.object(2, "the first state was not observed");
  observed_ = true;
  seen_ = update.version;
  const auto snapshot = driver_->snapshot();
  if (snapshot->version < update.version) oracles_.object(2, "observed before it was so");
  for (const auto& disturbance : std::exchange(for_observer_, {})) disturb(disturbance);
}

// ---- the outside

void DriverWorld::expect(const std::vector<std::uint32_t>& disturbances) {
  for (const auto i : disturbances) {
    const auto& disturbance = plan_.disturbances[i];
    if (disturbance.when.what == Moment::What::state && schedule_.chance(30)) {
      for_observer_.push_back(disturbance);
      continue;
    }
    const auto on_control = [this, &disturbance] {
      asio::post(stage_.strand(0), [this, &disturbance] { disturb(disturbance); });
    };
    if (disturbance.after == Duration{}) {
      on_control();
    } else {
      disturbances_.push_back(clock_.arm(clock_.now() + disturbance.after, on_control));
    }
  }
}

void DriverWorld::disturb(const Disturbance& disturbance) {
  if (!backstage_.noisy()) return;
  const auto obeyed = [&](const Result<>& result) {
    if (!result && result.error().kind() != ErrorKind::conflict) {
      oracles_.object(20, "a request failed oddly: " + result.error().text());
    }
  };
  switch (disturbance.act) {
    case Act::stop:
      return driver_->request_stop();
    case Act::hurry:
      return driver_->hurry();
    case Act::retry:
      return obeyed(driver_->retry());
    case Act::restart:
      return obeyed(driver_->restart({}));
    case Act::wait_ready:
      return wait(Goal::ready);
    case Act::wait_stopped:
      return wait(Goal::stopped);
    case Act::drop_wait:
      if (waits_.empty()) return;
      waits_.front().request_stop(StopReason::finished);
      waits_.pop_front();
      return;
    case Act::stall:
      return clock_.advance(milliseconds{1 + schedule_.below(300)});
    default:
      return disturb_part(disturbance);
  }
}

void DriverWorld::disturb_part(const Disturbance& disturbance) {
  if (plan_.parts.empty()) return;
  if (disturbance.act == Act::restart_part) {
    std::ignore = driver_->restart(plan_.parts[disturbance.part].name);
    return;
  }
  const auto at = backstage_.current.find(disturbance.part);
  if (at == backstage_.current.end()) return;
  if (disturbance.act == Act::die) at->second->die();
  if (disturbance.act == Act::degrade) at->second->degrade();
}

void DriverWorld::wait(Goal goal) {
  const auto deadline =
      schedule_.chance(70) ? async::never : clock_.now() + milliseconds{schedule_.below(200)};
  waits_.emplace_back();
  ++asked_;
  outside_.spawn("wait", wait_for(goal, deadline, waits_.back().token()));
}

asio::awaitable<void> DriverWorld::wait_for(Goal goal, TimePoint deadline, async::StopToken token) {
  auto waiting = driver_->wait(goal, deadline, std::move(token));
  const auto settled = co_await std::move(waiting);
  ++answered_;
  if (settled && *settled == Settled::ready && goal != Goal::ready) {
    oracles_.object(25, "a stop waiter was told ready");
  }
}

// ---- time

void DriverWorld::run(TimePoint until) {
  while (!oracles_.violation()) {
    if (steps_ > 50'000) return oracles_.object(8, "it never comes to rest");
    const auto next = clock_.next();
    const bool due = next && *next < until;
    // Now and then the loop is slow and time passes with work waiting.
    const bool passes = due && backstage_.noisy() && schedule_.chance(2);
    if (stage_.ready() && !passes) {
      stage_.step();
    } else if (due) {
      clock_.advance(*next - clock_.now());
    } else {
      return;
    }
  }
}

// Nothing misbehaves any more: it comes to rest, a retry makes it ready, a stop ends it.
void DriverWorld::settle() {
  run(async::never);
  const bool stopping = oracles_.stop_requested();
  if (!stopping && driver_->state() == State::runtime_failed) {
    std::ignore = driver_->retry();
    run(async::never);
    if (!oracles_.violation() && driver_->state() != State::runtime_ready) {
      oracles_.object(19, "a retry without faults does not make it ready");
    }
  }
  if (!stopping) driver_->request_stop();
  run(async::never);
}

// Whoever hangs for ever is let go; then nothing may be left.
void DriverWorld::take_down() {
  disturbances_.clear();
  backstage_.finale.request_stop(StopReason::finished);
  driver_->request_stop();
  for (int i = 0; i < 200'000 && (stage_.ready() || clock_.next()); ++i) {
    if (stage_.ready()) {
      stage_.step();
    } else {
      clock_.advance(*clock_.next() - clock_.now());
    }
  }
  if (oracles_.violation()) return;
  if (!driver_->idle()) oracles_.object(18, "a hook is left");
  if (!driver_->holders().empty()) oracles_.object(18, driver_->holders().front() + " is left");
  if (!backstage_.living.empty()) oracles_.object(18, "a component is left");
  if (asked_ != answered_) oracles_.object(25, "a waiter was never answered");
  if (seen_ != driver_->snapshot()->version) oracles_.object(2, "the last state was not observed");
}

Verdict DriverWorld::live() {
  wait(Goal::ready);
  observing_ = driver_->subscribe([this](const Update& update) { on_update(update); });
  const auto early = moments_.come(State::created);
  for (const auto i : early) {
    asio::post(stage_.strand(0), [this, i] { disturb(plan_.disturbances[i]); });
  }
  asio::post(stage_.strand(0), [this] { driver_->begin(); });
  run(TimePoint{} + plan_.noise);
  if (clock_.now() < backstage_.quiet_from) clock_.advance(backstage_.quiet_from - clock_.now());
  settle();
  if (!oracles_.violation() && machine_ != nullptr) {
    oracles_.at_end(*machine_);
    if (backstage_.leaks_to_find > 0 && driver_->stopped_cleanly()) {
      oracles_.object(18, "work was left behind and nobody said so");
    }
  }
  take_down();
  return {oracles_.violation(), hash_, steps_};
}

}  // namespace

Verdict live_in_driver(const Plan& plan, Telling telling) {
  auto world = std::make_unique<DriverWorld>(plan, telling);
  auto verdict = world->live();
  // A world that failed may not come to an end; destroying it would abort.
  if (!world->empty()) std::ignore = world.release();
  return verdict;
}

}  // namespace orrery::sim
