// What a component promises: start, drain, stop, and an honest word about its health.
//
// A component is a thin factory around an ordinary class: if you want to unit-test something inside
// a component, it does not belong there. The engine makes a new object for every incarnation, so a
// restarted component has no memory of the one before.
//
// Threads   constructor, hooks and destructor run on the strand the wiring chose (control unless
//           said otherwise), hooks one after the other; only a stop may overlap a start or drain
//           that was abandoned because it ignored its cancellation.
// Lifetime  what it needs is started before it is made and destroyed after it is gone.
#pragma once

#include <functional>

#include "async/backoff.h"
#include "async/scope.h"
#include "async/task.h"
#include "core/journal.h"
#include "lifecycle/words.h"

namespace orrery::lifecycle {

// How often a background task may fail before its component counts as dead.
struct Restarts {
  int at_most = 5;
  Duration within = std::chrono::seconds{60};
  async::Backoff::Limits backoff;
};

// The engine, as seen from inside a hook. Copies are cheap and refer to the same incarnation.
// Valid until the component is destroyed.
class Context {
 public:
  struct Link {
    virtual ~Link() = default;
    virtual void doing(std::string text) = 0;
    virtual void extend(Duration by) = 0;
    virtual void degraded(std::string reason) = 0;
    virtual void died(Failure failure) = 0;
    virtual async::Scope& scope() = 0;
    virtual async::Clock& clock() = 0;
    virtual Journal& journal() = 0;
    virtual std::uint64_t seed() = 0;
    virtual const std::string& name() = 0;
  };

  Context(std::shared_ptr<Link> link, async::StopToken token, TimePoint deadline)
      : link_{std::move(link)}, token_{std::move(token)}, deadline_{deadline} {}

  // Requested when this hook should end: its budget is used up, or it is no longer wanted.
  const async::StopToken& token() const { return token_; }
  // When the budget ends, if nobody extends it; for operations that want a deadline.
  TimePoint deadline() const { return deadline_; }

  // Says what the hook is busy with: shown while it is slow, and when it exceeds its budget.
  void doing(std::string text) const { link_->doing(std::move(text)); }
  // Asks for more time to start, up to the cap of the wiring.
  void extend(Duration by) const { link_->extend(by); }
  // It works, but something is missing. An empty reason: nothing is any more.
  void degraded(std::string reason) const { link_->degraded(std::move(reason)); }

  // Owns the component's background work: asked to stop and joined right after its stop hook.
  async::Scope& scope() const { return link_->scope(); }
  // Runs a background task for as long as the component lives. If it ends it is started again
  // after a back-off; if it fails more often than `restarts` allows, the component has died:
  // a critical one takes its generation back, a degradable one is shown as failed.
  void supervise(std::string task, Restarts restarts,
                 std::function<Task<>(async::StopToken)> run) const;

  // What the rest of the engine may do for a component on its behalf.
  Link& link() const { return *link_; }
  async::Clock& clock() const { return link_->clock(); }
  Journal& journal() const { return link_->journal(); }
  const std::string& name() const { return link_->name(); }

 private:
  std::shared_ptr<Link> link_;
  async::StopToken token_;
  TimePoint deadline_;
};

class Component {
 public:
  virtual ~Component() = default;

  // Everything it needs is started. Returns when it can serve. On an error, or when the token is
  // requested, it returns as soon as it can; `stop` is called in any case.
  virtual Task<> start(Context context) = 0;

  // Its dependents have drained. Refuses new work and returns when what was in flight is done.
  virtual Task<> drain(Context context);

  // Its dependents have stopped. Gives back everything; called exactly once if `start` was entered,
  // and told how that ended.
  virtual Task<> stop(Context context, Outcome start);
};

}  // namespace orrery::lifecycle
