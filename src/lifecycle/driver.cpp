// A little over 400 lines, because who holds an incarnation, and who lets go of it last, can only
// be checked with its hooks, orders and facts on one page.
#include "lifecycle/driver.h"

#include <array>
#include <cstdio>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "core/text.h"

namespace orrery::lifecycle {

// One incarnation of one component. Held by the driver while it is current and by each of its
// hooks while they run, so that an abandoned hook never sees its component die.
struct Driver::Slot final : Context::Link, std::enable_shared_from_this<Slot> {
  Slot(Driver& d, NodeId id, Incarnation i, const async::Strand& strand)
      : driver{d},
        node{id},
        incarnation{i},
        executor{strand.labelled(d.recipients_[id].entry.spec.name)},
        work{d.recipients_[id].entry.spec.name, executor, d.environment_.clock,
             [this](const std::string& task, const std::exception_ptr& fault) {
               driver.environment_.journal.write(
                   Level::error, "lifecycle", "background task threw",
                   {{"component", name()}, {"task", task}, {"reason", async::describe(fault)}});
             }} {}

  void doing(std::string text) override {
    driver.deliver(fact::Doing{node, incarnation, std::move(text)});
  }
  void extend(Duration by) override { driver.deliver(fact::Extended{node, incarnation, by}); }
  void degraded(std::string reason) override {
    driver.deliver(fact::Degraded{node, incarnation, std::move(reason)});
  }
  void died(Failure failure) override {
    driver.deliver(fact::Died{node, incarnation, std::move(failure)});
  }
  async::Scope& scope() override { return work; }
  async::Clock& clock() override { return driver.environment_.clock; }
  Journal& journal() override { return driver.environment_.journal; }
  std::uint64_t seed() override {
    return driver.environment_.seed ^ std::hash<std::string>{}(name()) ^ incarnation;
  }
  const std::string& name() override { return driver.recipients_[node].entry.spec.name; }

  // Either a start's or drain's own code begins, or its cancellation comes first: never both.
  enum class Entry : std::uint8_t { open, entered, closed };
  bool enter(Hook hook) { return leave_open(hook, Entry::entered); }
  bool close(Hook hook) { return leave_open(hook, Entry::closed); }
  bool leave_open(Hook hook, Entry to) {
    auto open = Entry::open;
    return entries[static_cast<std::size_t>(hook)].compare_exchange_strong(open, to);
  }

  async::StopSource& source(Hook hook) { return sources[static_cast<std::size_t>(hook)]; }

  Driver& driver;
  const NodeId node;
  const Incarnation incarnation;
  const asio::any_io_executor executor;
  std::array<async::StopSource, 3> sources;     // one for each hook
  std::array<std::atomic<Entry>, 2> entries{};  // to start and drain; a stop is never refused
  async::Scope work;
  // Made and destroyed on the component's strand. Shared with the slots of what needs it, because
  // a dependent that was abandoned may still use it after its stop.
  std::shared_ptr<Component> object;
  std::vector<std::shared_ptr<Component>> borrowed;
  int running = 0;  // hooks under way; these two only on the component's strand
  bool stop_over = false;
};

struct Driver::Observer {
  std::function<void(const Update&)> on_update;
  std::function<void(const LifecycleEvent&)> on_event;
  std::deque<std::function<void(Observer&)>> queue;
};

namespace {

Failure failure_of(const Error& error) { return {error.text(), error.remedy()}; }

// A hook's result, whatever it throws and whenever.
template <class Make>
asio::awaitable<Result<>> contained(Make make) {
  try {
    auto task = make();
    co_return co_await std::move(task);
  } catch (...) {
    co_return fail(ErrorKind::internal, "{}", async::describe(std::current_exception()));
  }
}

async::Scope::OnFault abort_on_fault() {
  return [](const std::string& task, const std::exception_ptr& fault) {
    std::fprintf(stderr, "the engine let an exception out of %s: %s\n", task.c_str(),
                 async::describe(fault).c_str());
    std::abort();
  };
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::create(const Assembly& assembly, Environment environment) {
  std::vector<Spec> specs;
  for (const auto& entry : assembly.entries()) specs.push_back(entry.spec);
  auto graph = Graph::build(std::move(specs));
  if (!graph) return fail(std::move(graph).error());
  auto shared = std::make_shared<const Graph>(std::move(*graph));
  std::map<std::string_view, NodeId> number;
  for (NodeId id = 0; id < shared->size(); ++id) number[(*shared)[id].name] = id;
  std::vector<Recipient> recipients(shared->size());
  for (const auto& entry : assembly.entries()) {
    Recipient& recipient = recipients[number[entry.spec.name]];
    recipient.entry = entry;
    for (const auto& edge : entry.spec.needs) recipient.needs.push_back(number[edge.name]);
    for (const auto& edge : entry.spec.after) recipient.after.push_back(number[edge.name]);
  }
  return std::unique_ptr<Driver>{new Driver{shared, std::move(recipients), std::move(environment)}};
}

Driver::Driver(std::shared_ptr<const Graph> graph, std::vector<Recipient> recipients,
               Environment environment)
    : graph_{std::move(graph)},
      recipients_{std::move(recipients)},
      environment_{std::move(environment)},
      begun_{environment_.clock.now()},
      machine_{*graph_, environment_.limits},
      slots_(graph_->size()),
      hooks_{"engine", environment_.control.executor, environment_.clock, abort_on_fault()} {}

Driver::~Driver() = default;

// ---- facts in

// Facts are told in the order in which they were delivered, whether the executor runs a dispatch at
// once or later. The last handler may outlive the driver; the inbox tells it so.
void Driver::deliver(Fact fact) {
  inbox_->with([&](auto& facts) { facts.push_back(std::move(fact)); });
  asio::dispatch(environment_.control.executor, [this, inbox = std::weak_ptr{inbox_}] {
    if (!inbox.expired()) tell_all();
  });
}

void Driver::apply(Fact fact) {
  inbox_->with([&](auto& facts) { facts.push_back(std::move(fact)); });
  tell_all();
}

// Facts that arrive while orders are carried out wait their turn (inv 28).
void Driver::tell_all() {
  if (std::exchange(applying_, true)) return;
  const auto take = [this] {
    return inbox_->with([](auto& facts) -> std::optional<Fact> {
      if (facts.empty()) return std::nullopt;
      auto first = std::move(facts.front());
      facts.pop_front();
      return first;
    });
  };
  while (const auto next = take()) {
    const auto now = environment_.clock.now();
    auto* const witness = environment_.witness;
    if (witness != nullptr) witness->before(now, *next, machine_);
    const Orders orders = machine_.tell(now, *next);
    if (witness != nullptr) witness->after(orders, machine_);
    ready_ = machine_.ready();  // before any hook of the descent is entered (inv 22)
    for (const auto& order : orders) {
      std::visit([this](const auto& o) { carry_out(o); }, order);
    }
  }
  applying_ = false;
  rearm();
}

void Driver::rearm() {
  const auto next = machine_.next_tick();
  if (next == armed_for_) return;
  armed_for_ = next;
  timer_.cancel();
  if (!next) return;
  timer_ = environment_.clock.arm(*next, [this] {
    armed_for_.reset();
    deliver(fact::Tick{});
  });
}

void Driver::begin() { deliver(fact::Begun{}); }
void Driver::request_stop() { deliver(fact::StopRequested{}); }
void Driver::hurry() { deliver(fact::Hurried{}); }
Result<> Driver::retry() { return request(fact::RetryRequested{}); }

Result<> Driver::restart(std::optional<std::string> part) {
  if (!part) return request(fact::RestartRequested{});
  const auto node = graph_->find(*part);
  if (!node) {
    std::vector<std::string> names;
    for (const auto& known : graph_->nodes()) names.push_back(known.name);
    return fail(ErrorKind::not_found, "there is no component '{}'{}", *part,
                did_you_mean(*part, names));
  }
  return request(fact::RestartRequested{node});
}

Result<> Driver::request(Fact fact) {
  refused_.reset();
  apply(std::move(fact));
  if (refused_) return fail(ErrorKind::conflict, "{}", *refused_);
  return {};
}

// ---- orders out

void Driver::carry_out(const order::Start& order) {
  const Recipient& recipient = recipients_[order.node];
  const auto& strand = recipient.entry.strand;
  const auto slot = std::make_shared<Slot>(*this, order.node, order.incarnation,
                                           strand ? *strand : environment_.control);
  slots_[order.node] = slot;
  const auto lend = [&](NodeId below) {
    const bool started = machine_.part(below).state == PartState::started;
    slot->borrowed.push_back(started ? slots_[below]->object : nullptr);
    return slot->borrowed.back().get();
  };
  std::vector<Component*> needs;
  std::vector<Component*> after;
  for (const auto below : recipient.needs) needs.push_back(lend(below));
  for (const auto below : recipient.after) after.push_back(lend(below));
  hooks_.spawn(slot->name() + " start", slot->executor,
               run_start(slot, std::move(needs), std::move(after)));
}

void Driver::carry_out(const order::Drain& order) {
  const auto& slot = slots_[order.node];
  hooks_.spawn(slot->name() + " drain", slot->executor, run_drain(slot));
}

void Driver::carry_out(const order::Stop& order) {
  const auto& slot = slots_[order.node];
  hooks_.spawn(slot->name() + " stop", slot->executor, run_stop(slot, order.told));
}

void Driver::carry_out(const order::Cancel& order) {
  const auto& slot = slots_[order.node];
  if (!slot || slot->incarnation != order.incarnation) return;
  slot->source(order.hook).request_stop(order.reason);
  if (order.hook == Hook::stop || !slot->close(order.hook)) return;
  // It has not begun and never will. The answer does not wait for the component's strand, which may
  // be blocked.
  if (order.hook == Hook::drain) {
    return deliver(fact::DrainEnded{order.node, order.incarnation, Failure{"was not begun", {}}});
  }
  slot->borrowed.clear();
  deliver(fact::StartEnded{order.node, order.incarnation, Outcome::not_entered, {}});
}

void Driver::carry_out(const order::Wake& order) {
  const auto at = waiters_.find(order.waiter);
  if (at == waiters_.end()) return;
  at->second.set(order.settled);
  waiters_.erase(at);
}

void Driver::carry_out(const LifecycleEvent& event) {
  environment_.journal.write(to_journal(event, *graph_));
  publish(event);
  if (const auto* refused = std::get_if<event::Refused>(&event)) refused_ = refused->why;
}

// ---- hooks

Context Driver::context(const std::shared_ptr<Slot>& slot, Hook hook, Duration budget) const {
  return {slot, slot->source(hook).token(), environment_.clock.now() + budget};
}

// A hook may outlive its welcome (see Machine::abandon): it holds its slot, and the last one to end
// after the stop takes the component's work and the component down.
asio::awaitable<void> Driver::leave(std::shared_ptr<Slot> slot) {
  --slot->running;
  if (!slot->stop_over || slot->running > 0) co_return;
  if (slot->work.alive() > 0) {
    slot->work.request_stop(StopReason::finished);
    auto join = slot->work.join(async::never);
    co_await std::move(join);
  }
  slot->object.reset();
  slot->borrowed.clear();  // if its constructor threw, they were never handed on
}

// The object goes on its own strand, wherever its last user lets go of it, and only then lets go of
// what it was lent.
std::shared_ptr<Component> Driver::make(const std::shared_ptr<Slot>& slot,
                                        const std::vector<Component*>& needs,
                                        const std::vector<Component*>& after) const {
  auto made = recipients_[slot->node].entry.make(needs, after);
  const auto destroy = [executor = slot->executor,
                        borrowed = std::exchange(slot->borrowed, {})](Component* object) mutable {
    auto owned = std::unique_ptr<Component>{object};
    asio::dispatch(executor, [borrowed = std::move(borrowed), owned = std::move(owned)]() mutable {
      owned.reset();
      borrowed.clear();
    });
  };
  return {made.release(), destroy};
}

asio::awaitable<void> Driver::run_start(std::shared_ptr<Slot> slot, std::vector<Component*> needs,
                                        std::vector<Component*> after) {
  const auto node = slot->node;
  const auto incarnation = slot->incarnation;
  if (!slot->enter(Hook::start)) co_return;
  ++slot->running;
  deliver(fact::Entered{node, incarnation});
  auto enter = [&] {
    slot->object = make(slot, needs, after);
    const auto budget = recipients_[node].entry.spec.budgets.start;
    return slot->object->start(context(slot, Hook::start, budget));
  };
  auto hook = contained(enter);
  const auto result = co_await std::move(hook);
  auto leaving = leave(slot);
  co_await std::move(leaving);
  fact::StartEnded ended{node, incarnation, Outcome::started, {}};
  if (!result) {
    const bool cancelled = result.error().kind() == ErrorKind::cancelled;
    ended.outcome = cancelled ? Outcome::cancelled : Outcome::failed;
    ended.failure = failure_of(result.error());
  }
  deliver(std::move(ended));
}

asio::awaitable<void> Driver::run_drain(std::shared_ptr<Slot> slot) {
  if (!slot->enter(Hook::drain)) co_return;
  ++slot->running;
  auto enter = [&] {
    const auto budget = recipients_[slot->node].entry.spec.budgets.drain;
    return slot->object->drain(context(slot, Hook::drain, budget));
  };
  auto hook = contained(enter);
  const auto result = co_await std::move(hook);
  auto leaving = leave(slot);
  co_await std::move(leaving);
  fact::DrainEnded ended{slot->node, slot->incarnation, {}};
  if (!result) ended.failure = failure_of(result.error());
  deliver(std::move(ended));
}

asio::awaitable<void> Driver::run_stop(std::shared_ptr<Slot> slot, Outcome told) {
  ++slot->running;
  Result<> result;
  if (slot->object) {  // there is none if its constructor threw
    auto enter = [&] {
      const auto budget = recipients_[slot->node].entry.spec.budgets.stop;
      return slot->object->stop(context(slot, Hook::stop, budget), told);
    };
    auto hook = contained(enter);
    result = co_await std::move(hook);
  }
  slot->stop_over = true;
  auto leaving = leave(slot);
  co_await std::move(leaving);
  fact::StopEnded ended{slot->node, slot->incarnation, {}};
  if (!result) ended.failure = failure_of(result.error());
  deliver(std::move(ended));
}

// ---- asking and watching

Task<Settled> Driver::wait(Goal goal, TimePoint deadline, async::StopToken token) {
  async::Oneshot<std::optional<Settled>> answer;
  const auto id = next_waiter_++;
  waiters_.emplace(id, answer);
  apply(fact::WaitBegun{id, goal});
  const auto stopping = token.subscribe([answer] { answer.set(std::nullopt); });
  async::Timer timer;
  if (deadline != async::never) {
    timer = environment_.clock.arm(deadline, [answer] { answer.set(std::nullopt); });
  }
  auto settled = co_await answer.take();
  if (settled) co_return *settled;
  waiters_.erase(id);
  apply(fact::WaitDropped{id});
  if (token.requested()) co_return fail(ErrorKind::cancelled, "no longer waited for");
  co_return fail(ErrorKind::timeout, "not settled in time");
}

std::shared_ptr<const Snapshot> Driver::snapshot() {
  if (!snapshot_ || snapshot_->revision != machine_.revision()) {
    snapshot_ = std::make_shared<const Snapshot>(
        take_snapshot(machine_, graph_, begun_, environment_.clock.now()));
  }
  return snapshot_;
}

std::vector<std::string> Driver::holders() const {
  std::vector<std::string> names;
  for (const auto& holder : hooks_.holders()) names.push_back(holder.name);
  for (const auto& slot : slots_) {
    if (!slot) continue;
    for (const auto& holder : slot->work.holders())
      names.push_back(slot->name() + "/" + holder.name);
  }
  return names;
}

Driver::Subscription Driver::subscribe(std::function<void(const Update&)> call) {
  auto observer = std::make_shared<Observer>();
  observer->on_update = std::move(call);
  observers_.push_back(observer);
  push(observer, [last = last_update_](Observer& o) { o.on_update(last); });
  return Subscription{observer};
}

Driver::Subscription Driver::listen(std::function<void(const LifecycleEvent&)> call) {
  auto observer = std::make_shared<Observer>();
  observer->on_event = std::move(call);
  observers_.push_back(observer);
  return Subscription{observer};
}

void Driver::publish(const LifecycleEvent& event) {
  const auto* change = std::get_if<event::StateChanged>(&event);
  if (change != nullptr) last_update_ = {change->version, change->to, change->cause};
  std::erase_if(observers_, [](const auto& observer) { return observer.expired(); });
  for (const auto& weak : observers_) {
    const auto observer = weak.lock();
    if (!observer) continue;
    if (observer->on_event) push(observer, [event](Observer& o) { o.on_event(event); });
    if (observer->on_update && change != nullptr) {
      push(observer, [last = last_update_](Observer& o) { o.on_update(last); });
    }
  }
}

// A queue of its own for each, so that the order holds on any executor.
void Driver::push(const std::shared_ptr<Observer>& observer, std::function<void(Observer&)> call) {
  observer->queue.push_back(std::move(call));
  asio::post(environment_.control.executor, [weak = std::weak_ptr{observer}] {
    const auto alive = weak.lock();
    if (!alive) return;
    const auto next = std::move(alive->queue.front());
    alive->queue.pop_front();
    next(*alive);
  });
}

}  // namespace orrery::lifecycle
