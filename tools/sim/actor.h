// A component that behaves as the plan says, and objects if the engine does not.
#pragma once

#include "lifecycle/assembly.h"
#include "plan.h"

namespace orrery::sim {

class Actor;

// What the actors of one life share.
struct Backstage {
  const Plan& plan;
  async::Clock& clock;
  TimePoint quiet_from;
  std::function<void(int invariant, std::string text)> object;
  std::function<void()> stop_all;
  async::StopSource finale{};  // whoever hangs for ever is let go, so that nothing is left
  std::set<const Component*> living{};
  std::map<std::uint32_t, std::uint32_t> made{};  // by part: how many incarnations were entered
  std::map<std::uint32_t, Actor*> current{};      // by part
  int leaks_to_find = 0;

  bool noisy() const { return clock.now() < quiet_from; }
};

class Actor final : public Component {
 public:
  // `part` is its place in the plan; the parts of nested lifecycles have numbers beyond.
  Actor(Backstage& backstage, std::uint32_t part, std::vector<Component*> needs,
        std::vector<Component*> after);
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  ~Actor() override;

  Task<> start(Context context) override;
  Task<> drain(Context context) override;
  Task<> stop(Context context, Outcome start) override;

  void die() const { context_->link().died({"drawn", {}}); }
  void degrade();

 private:
  Task<> behave(Context context, Hook hook);
  void act(const Context& context, Hook hook, Manner manner);
  Task<> perform(Context context, Hook hook, Manner manner);
  Task<> hang(Context context, Manner manner);
  Manner manner(Hook hook) const;
  void check_borrowed(Hook hook) const;
  void supervise(const Context& context);
  void object(int invariant, const std::string& text) const;

  Backstage& backstage_;
  const std::uint32_t part_;
  const std::uint32_t nth_;
  const std::vector<Component*> borrowed_;
  std::optional<Context> context_;
  std::optional<bool> start_well_;  // how the start ended
  bool degraded_ = false;
  bool leaked_ = false;
  int starts_ = 0;
  int drains_ = 0;
  int stops_ = 0;
};

}  // namespace orrery::sim
