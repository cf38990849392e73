// Carries the machine's orders out on the control strand: the engine as a program uses it.
//
//   auto driver = Driver::create(assembly, {control, clock, journal, limits});
//   driver->begin();
//   auto settled = co_await driver->wait(Goal::ready, deadline, token);
//   driver->request_stop();
//
// Owns      the components of the current incarnations, their scopes, and the hooks in flight.
// Threads   everything on the control strand, but `ready()` from any thread. Hooks run on the
//           strand of their component and report back by post.
// Lifetime  destroy only when `idle()`; if a survivor prevents that, end the process instead.
#pragma once

#include <atomic>
#include <deque>
#include <random>

#include "lifecycle/assembly.h"
#include "lifecycle/machine.h"
#include "lifecycle/readiness.h"

namespace orrery::lifecycle {

// Sees every fact the machine is told and what it ordered: enough to judge a run, or to repeat it.
struct Witness {
  virtual ~Witness() = default;
  virtual void before(TimePoint now, const Fact& fact, const Machine& machine) = 0;
  virtual void after(const Orders& orders, const Machine& machine) = 0;
};

struct Environment {
  async::Strand control;
  async::Clock& clock;
  Journal& journal;
  Limits limits;
  std::uint64_t seed = std::random_device{}();  // of the jitter between restarts
  Witness* witness = nullptr;                   // outlives the driver
};

// One change of the engine's state, as told to subscribers.
struct Update {
  std::uint64_t version;
  State state;
  std::string cause;
};

class Driver {
 public:
  // Errors: invalid, with every fault of the wiring, before any hook is entered.
  static Result<std::unique_ptr<Driver>> create(const Assembly& assembly, Environment environment);
  ~Driver();

  void begin();
  void request_stop();
  void hurry();
  // Errors: conflict, with the reason and the names of survivors.
  Result<> retry();
  // One part with what stands on it, or the whole runtime.
  // Errors: not_found (no such part), conflict.
  Result<> restart(std::optional<std::string> part);

  // Waits for the goal, or for what makes it impossible.
  // Errors: timeout, cancelled.
  Task<Settled> wait(Goal goal, TimePoint deadline, async::StopToken token);

  bool ready() const { return ready_.load(); }
  State state() const { return machine_.state(); }
  bool stopped_cleanly() const { return machine_.stopped_cleanly(); }
  // The current condition; taken anew only when something changed or time matters.
  std::shared_ptr<const Snapshot> snapshot();
  std::vector<Span> spans() const { return machine_.spans(); }
  std::size_t alive() const { return hooks_.alive(); }
  bool idle() const { return hooks_.alive() == 0; }
  // Waits until no hook is in flight. Only once stopped is it certain that none will follow.
  asio::awaitable<async::WaitEnd> join(TimePoint deadline) { return hooks_.join(deadline); }
  // Everything spawned that has not ended, by name: hooks, and tasks of components.
  std::vector<std::string> holders() const;

  // Calls `observer` with the current state, then with each later one, in order, each by a post
  // of its own (inv 2). The subscription ends when the returned handle dies, also inside a call.
  class Subscription {
   public:
    explicit Subscription(std::shared_ptr<void> observer) : observer_{std::move(observer)} {}

   private:
    std::shared_ptr<void> observer_;
  };
  [[nodiscard]] Subscription subscribe(std::function<void(const Update&)> observer);
  // The same for every step of every part, from now on.
  [[nodiscard]] Subscription listen(std::function<void(const LifecycleEvent&)> observer);

 private:
  struct Slot;
  struct Observer;
  // An entry with its edges resolved, in the order of the constructor's parameters.
  struct Recipient {
    Entry entry;
    std::vector<NodeId> needs;
    std::vector<NodeId> after;
  };

  Driver(std::shared_ptr<const Graph> graph, std::vector<Recipient> recipients,
         Environment environment);

  void deliver(Fact fact);
  void apply(Fact fact);
  void tell_all();
  void carry_out(const order::Start& order);
  void carry_out(const order::Drain& order);
  void carry_out(const order::Stop& order);
  void carry_out(const order::Cancel& order);
  void carry_out(const order::Wake& order);
  void carry_out(const LifecycleEvent& event);
  void publish(const LifecycleEvent& event);
  void push(const std::shared_ptr<Observer>& observer, std::function<void(Observer&)> call);
  void rearm();
  Result<> request(Fact fact);
  Context context(const std::shared_ptr<Slot>& slot, Hook hook, Duration budget) const;

  std::shared_ptr<Component> make(const std::shared_ptr<Slot>& slot,
                                  const std::vector<Component*>& needs,
                                  const std::vector<Component*>& after) const;
  asio::awaitable<void> leave(std::shared_ptr<Slot> slot);
  asio::awaitable<void> run_start(std::shared_ptr<Slot> slot, std::vector<Component*> needs,
                                  std::vector<Component*> after);
  asio::awaitable<void> run_drain(std::shared_ptr<Slot> slot);
  asio::awaitable<void> run_stop(std::shared_ptr<Slot> slot, Outcome told);

  const std::shared_ptr<const Graph> graph_;
  const std::vector<Recipient> recipients_;  // by NodeId
  const Environment environment_;
  const TimePoint begun_;
  Machine machine_;
  // Shared with handlers on their way to the control strand; outlives the slots, which report to
  // it.
  std::shared_ptr<Guarded<std::deque<Fact>>> inbox_ = std::make_shared<Guarded<std::deque<Fact>>>();
  std::vector<std::shared_ptr<Slot>> slots_;  // by NodeId; null while nothing of it lives
  bool applying_ = false;
  std::optional<std::string> refused_;
  std::map<WaiterId, async::Oneshot<std::optional<Settled>>> waiters_;
  WaiterId next_waiter_ = 1;
  std::vector<std::weak_ptr<Observer>> observers_;
  Update last_update_{0, State::created, {}};
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<bool> ready_ = false;
  async::Timer timer_;
  std::optional<TimePoint> armed_for_;
  async::Scope hooks_;
};

}  // namespace orrery::lifecycle
