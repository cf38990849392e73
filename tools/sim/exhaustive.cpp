#include "exhaustive.h"

#include <atomic>
#include <thread>
#include <unordered_set>

#include "oracles.h"
#include "small_graphs.h"
#include "story.h"

namespace orrery::sim {
namespace {

// As few different times as the engine can tell apart.
constexpr Budgets budgets{.start = milliseconds{2},
                          .start_cap = milliseconds{2},
                          .slow = milliseconds{1},
                          .drain = milliseconds{2},
                          .stop = milliseconds{2},
                          .grace = milliseconds{1}};

Limits limits_for(std::uint32_t lame_duck) {
  return {.lame_duck = milliseconds{lame_duck},
          .stop = milliseconds{9},
          .rollback = milliseconds{7},
          .hurry = milliseconds{1},
          .parallel_starts = 0};
}

// What may come from outside, each at most once in a life.
struct Request {
  std::string_view name;
  Fact fact;
};

struct Running {
  NodeId node;
  Incarnation incarnation;
  Hook hook;
  bool entered;
  bool cancelled = false;
  bool abandoned = false;
};

// A point of a life: copied at each fork in the road.
struct Point {
  Machine machine;
  Oracles oracles;
  TimePoint now{};
  std::vector<Running> running;
  std::uint32_t asked = 0;  // requests that have come, as bits
  std::uint32_t left = 0;   // how many more may
};

class Search {
 public:
  Search(const Graph& graph, Limits limits, const Extent& extent);

  void explore();
  std::uint64_t states() const { return seen_.size(); }
  std::uint64_t steps() const { return steps_; }
  const std::optional<std::string>& violation() const { return violation_; }

 private:
  void go(const Point& point);
  void go_requests(const Point& point);
  void go_hook(const Point& point, std::size_t index);
  void end(const Point& point, std::size_t index, Outcome outcome);
  void tell(Point point, const Fact& fact);
  void answer(Point& point, const Fact& fact);
  static void carry_out(Point& point, const Orders& orders, std::vector<Fact>& answers);
  static std::uint64_t fingerprint(const Point& point);

  const Graph& graph_;
  const Limits limits_;
  const Extent& extent_;
  std::vector<Request> requests_;
  std::unordered_set<std::uint64_t> seen_;
  std::uint64_t steps_ = 0;
  std::vector<std::string> trail_;
  std::optional<std::string> violation_;
};

Search::Search(const Graph& graph, Limits limits, const Extent& extent)
    : graph_{graph}, limits_{limits}, extent_{extent} {
  requests_ = {{"stop", fact::StopRequested{}},
               {"hurry", fact::Hurried{}},
               {"retry", fact::RetryRequested{}},
               {"restart", fact::RestartRequested{}}};
  for (NodeId id = 0; id < graph.size(); ++id) {
    requests_.push_back({"restart of one", fact::RestartRequested{id}});
    requests_.push_back({"death", fact::Died{id, 0, {"died", {}}}});
  }
}

void Search::explore() {
  Point start{.machine = {graph_, limits_},
              .oracles = {graph_, limits_},
              .running = {},
              .left = extent_.requests};
  start.oracles.before(start.now, fact::WaitBegun{1, Goal::ready}, start.machine);
  start.oracles.after(start.machine.tell(start.now, fact::WaitBegun{1, Goal::ready}),
                      start.machine);
  tell(std::move(start), fact::Begun{});
}

std::uint64_t Search::fingerprint(const Point& point) {
  auto print =
      mixed({point.machine.fingerprint(), point.oracles.fingerprint(), point.asked, point.left});
  for (const auto& r : point.running) {
    const auto age = point.machine.part(r.node).incarnation - r.incarnation;
    print = mixed({print, r.node, age, static_cast<std::uint64_t>(r.hook), r.entered, r.cancelled,
                   r.abandoned});
  }
  return print;
}

// ---- one step

void Search::carry_out(Point& point, const Orders& orders, std::vector<Fact>& answers) {
  const auto find = [&](NodeId node, Incarnation incarnation, Hook hook) {
    return std::ranges::find_if(point.running, [&](const Running& r) {
      return r.node == node && r.incarnation == incarnation && r.hook == hook;
    });
  };
  for (const auto& order : orders) {
    if (const auto* start = std::get_if<order::Start>(&order)) {
      point.running.push_back({start->node, start->incarnation, Hook::start, false});
    } else if (const auto* drain = std::get_if<order::Drain>(&order)) {
      point.running.push_back({drain->node, drain->incarnation, Hook::drain, true});
    } else if (const auto* stop = std::get_if<order::Stop>(&order)) {
      point.running.push_back({stop->node, stop->incarnation, Hook::stop, true});
    } else if (const auto* cancel = std::get_if<order::Cancel>(&order)) {
      const auto at = find(cancel->node, cancel->incarnation, cancel->hook);
      if (at == point.running.end()) continue;
      at->cancelled = true;
      if (at->entered) continue;
      answers.emplace_back(fact::StartEnded{at->node, at->incarnation, Outcome::not_entered, {}});
      point.running.erase(at);
    } else if (const auto* event = std::get_if<LifecycleEvent>(&order)) {
      const auto* abandoned = std::get_if<event::HookAbandoned>(event);
      if (abandoned == nullptr) continue;
      const auto incarnation = point.machine.part(abandoned->node).incarnation;
      const auto at = find(abandoned->node, incarnation, abandoned->hook);
      if (at != point.running.end()) at->abandoned = true;
    }
  }
}

void Search::answer(Point& point, const Fact& fact) {
  ++steps_;
  trail_.push_back(in_words(fact, graph_));
  point.oracles.before(point.now, fact, point.machine);
  const auto orders = point.machine.tell(point.now, fact);
  point.oracles.after(orders, point.machine);
  for (const auto& order : orders) trail_.push_back(in_words(order, graph_));
  std::vector<Fact> answers;
  carry_out(point, orders, answers);
  for (const auto& next : answers) answer(point, next);
}

void Search::tell(Point point, const Fact& fact) {
  const auto depth = trail_.size();
  answer(point, fact);
  if (point.oracles.state() == State::stopped && point.running.empty()) {
    point.oracles.at_end(point.machine);
  }
  if (point.oracles.violation() && !violation_) {
    violation_ = *point.oracles.violation();
    for (const auto& line : trail_) *violation_ += "\n  " + line;
  }
  if (!violation_ && seen_.insert(fingerprint(point)).second) go(point);
  trail_.resize(depth);
}

// ---- every way on

void Search::go(const Point& point) {
  bool first = true;
  for (std::size_t i = 0; i < point.running.size(); ++i) {
    if (point.running[i].abandoned) {
      end(point, i, Outcome::started);
      continue;
    }
    if (extent_.schedules == Extent::Schedules::all || std::exchange(first, false)) {
      go_hook(point, i);
    }
  }
  if (const auto tick = point.machine.next_tick()) {
    Point later = point;
    later.now = std::max(later.now, *tick);
    tell(std::move(later), fact::Tick{});
  }
  if (point.left > 0) go_requests(point);
}

void Search::go_requests(const Point& point) {
  for (std::uint32_t i = 0; i < requests_.size(); ++i) {
    if ((point.asked >> i & 1U) != 0) continue;
    Point asked = point;
    asked.asked |= 1U << i;
    --asked.left;
    Fact fact = requests_[i].fact;
    if (auto* died = std::get_if<fact::Died>(&fact)) {
      if (point.machine.part(died->node).state != PartState::started &&
          !point.machine.part(died->node).starting) {
        continue;
      }
      died->incarnation = point.machine.part(died->node).incarnation;
    }
    tell(std::move(asked), fact);
  }
}

void Search::go_hook(const Point& point, std::size_t index) {
  const Running& running = point.running[index];
  if (!running.entered) {
    Point entered = point;
    entered.running[index].entered = true;
    return tell(std::move(entered), fact::Entered{running.node, running.incarnation});
  }
  end(point, index, Outcome::started);
  end(point, index, Outcome::failed);
  if (running.cancelled && running.hook == Hook::start) end(point, index, Outcome::cancelled);
}

void Search::end(const Point& point, std::size_t index, Outcome outcome) {
  const Running running = point.running[index];
  Point after = point;
  after.running.erase(after.running.begin() + static_cast<std::ptrdiff_t>(index));
  std::optional<Failure> failure;
  if (outcome != Outcome::started) failure = Failure{"failed", {}};
  switch (running.hook) {
    case Hook::start:
      return tell(std::move(after), fact::StartEnded{running.node, running.incarnation, outcome,
                                                     failure.value_or(Failure{})});
    case Hook::drain:
      return tell(std::move(after), fact::DrainEnded{running.node, running.incarnation, failure});
    case Hook::stop:
      return tell(std::move(after), fact::StopEnded{running.node, running.incarnation, failure});
  }
}

// ---- every graph

struct Shared {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> states = 0;
  std::atomic<std::uint64_t> steps = 0;
  Guarded<std::optional<std::string>> violation;
};

void search_some(const std::vector<std::vector<Spec>>& graphs, const Extent& extent,
                 Shared& shared) {
  for (auto i = shared.next++; i < graphs.size() * 2; i = shared.next++) {
    const auto graph = Graph::build(graphs[i / 2]).value();
    Search one{graph, limits_for(i % 2), extent};
    one.explore();
    shared.states += one.states();
    shared.steps += one.steps();
    if (!one.violation()) continue;
    Plan plan;
    plan.parts = graphs[i / 2];
    shared.violation.with([&](auto& first) {
      if (!first) first = *one.violation() + "\nin the graph\n" + describe(plan);
    });
    shared.next = graphs.size() * 2;
  }
}

}  // namespace

Searched search(const Extent& extent, std::uint32_t jobs) {
  const auto graphs = extent.graphs == Extent::Graphs::all ? all_graphs(extent.parts, budgets)
                                                           : all_shapes(extent.parts, budgets);
  Shared shared;
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t i = 0; i < jobs; ++i) {
      workers.emplace_back([&] { search_some(graphs, extent, shared); });
    }
  }
  return {graphs.size(), shared.states, shared.steps,
          shared.violation.with([](const auto& first) { return first; })};
}

}  // namespace orrery::sim
