// Two machines with the same fingerprint will do the same from here on: what a search that tries
// every order of events needs in order not to go the same way twice.
#include "lifecycle/machine.h"

namespace orrery::lifecycle {
namespace {

class Print {
 public:
  explicit Print(TimePoint now) : now_{now} {}

  void add(std::uint64_t value) {
    value_ = (value_ ^ value) * 0x9E3779B97F4A7C15U;
    value_ ^= value_ >> 29U;
  }
  void add_time(TimePoint at) { add(static_cast<std::uint64_t>((at - now_).count())); }
  void add_time(const std::optional<TimePoint>& at) {
    add(at.has_value());
    if (at) add_time(*at);
  }
  std::uint64_t value() const { return value_; }

 private:
  const TimePoint now_;
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

std::uint64_t flags(std::initializer_list<bool> bits) {
  std::uint64_t all = 0;
  for (const bool bit : bits) all = all * 2 + (bit ? 1 : 0);
  return all;
}

}  // namespace

// Times count from now; numbers that only grow (versions, generations, incarnations) do not count.
std::uint64_t Machine::fingerprint() const {
  Print print{now_};
  print.add(static_cast<std::uint64_t>(state_));
  print.add(flags({stop_requested_, served_, core_failing_, bring_up_again_, stop_faults_ > 0,
                   open_[0], open_[1], open_[2], ready_at_.has_value()}));
  print.add(failure_ ? failure_->first : ~std::uint64_t{0});
  for (const auto& going : descents_) {
    print.add(static_cast<std::uint64_t>(going.pace));
    print.add_time(going.deadline);
  }
  print.add_time(lame_duck_until_);
  for (const Part& part : parts_) {
    print.add(static_cast<std::uint64_t>(part.state));
    print.add(static_cast<std::uint64_t>(part.outcome));
    print.add(static_cast<std::uint64_t>(part.drain));
    print.add(flags({part.wanted, part.again, part.occupied, part.entered, part.starting,
                     part.stopping, part.cancelled, part.overdue, part.slow, part.holds,
                     part.died.has_value(), part.degraded.empty()}));
    print.add(part.unmet);
    print.add(part.undrained);
    print.add(static_cast<std::uint64_t>(part.extended.count()));
  }
  for (const auto& [at, id, alarm] : alarms_) {
    print.add_time(at);
    print.add(std::uint64_t{id} * 4 + static_cast<std::uint64_t>(alarm));
  }
  for (const auto& s : survivors_) {
    const auto age = parts_[s.node].incarnation - s.incarnation;
    print.add((std::uint64_t{s.node} * 4 + static_cast<std::uint64_t>(s.hook)) * 64 + age);
  }
  for (const auto& [id, goal] : waiters_) print.add(static_cast<std::uint64_t>(goal));
  for (const auto id : runnable_) print.add(id);
  return print.value();
}

}  // namespace orrery::lifecycle
