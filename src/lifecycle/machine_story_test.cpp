// The language in which the stories of the machine are told, and the proof that it can object.
//
//   database core start=10000          a part: flags, then budgets in ms, then its edges
//   web degradable needs=database after=cache,clock
//   limits stop=3000 parallel=2
//   --
//   0 begun -> state core_starting, start database
//   5 started database -> state core_ready/runtime_starting, start web
//
// After the line: at which time (ms), which fact, which orders. `told` plays the facts and returns
// the story with the orders that were really given, so that a test compares two texts.
//
//   - A part has entered its start when it was ordered, unless it is declared `late`.
//   - A tick that is due before the next line and changes anything must have a line of its own; at
//     the very time of a line it comes after that line's fact unless it has its own before.
//   - `up` begins and completes every start at once, and tells only the state that is reached.
//   - `ask` tells no fact: it answers with what an observer sees.
#include <charconv>
#include <map>
#include <ranges>
#include <sstream>

#include <gtest/gtest.h>

#include "core/text.h"
#include "lifecycle/readiness.h"

namespace orrery::lifecycle {

std::string told(const std::string& story);

namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
  std::istringstream in{line};
  return {std::istream_iterator<std::string>{in}, {}};
}
std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
std::vector<Edge> edges(std::string_view list) {
  std::vector<Edge> edges;
  for (const auto name : split(list, ',')) edges.push_back({std::string{name}, {}});
  return edges;
}

struct Cast {
  std::vector<Spec> specs;
  Limits limits;
  std::set<std::string> late;

  void limit(std::string_view key, std::int64_t value) {
    const milliseconds time{value};
    if (key == "lame_duck") limits.lame_duck = time;
    if (key == "stop") limits.stop = time;
    if (key == "rollback") limits.rollback = time;
    if (key == "hurry") limits.hurry = time;
    if (key == "parallel") limits.parallel_starts = static_cast<std::size_t>(value);
  }
  static void budget(Budgets& budgets, std::string_view key, std::int64_t value) {
    const std::map<std::string_view, Duration Budgets::*> fields{
        {"start", &Budgets::start}, {"cap", &Budgets::start_cap}, {"slow", &Budgets::slow},
        {"drain", &Budgets::drain}, {"stop", &Budgets::stop},     {"grace", &Budgets::grace}};
    budgets.*fields.at(key) = milliseconds{value};
  }
  void describe(Spec& spec, const std::string& word) {
    const auto split_at = word.find('=');
    const auto key = word.substr(0, split_at);
    if (word == "core") spec.phase = Phase::core;
    if (word == "online") spec.phase = Phase::online;
    if (word == "degradable" || word == "online") spec.criticality = Criticality::degradable;
    if (word == "late") late.insert(spec.name);
    if (split_at == std::string::npos) return;
    const auto value = word.substr(split_at + 1);
    if (key == "needs") {
      spec.needs = edges(value);
    } else if (key == "after") {
      spec.after = edges(value);
    } else {
      budget(spec.budgets, key, number(value));
    }
  }
  void read(const std::string& line) {
    const auto words = words_of(line);
    if (words.empty()) return;
    if (words[0] == "limits") {
      for (const auto& word : words | std::views::drop(1)) {
        const auto split_at = word.find('=');
        limit(word.substr(0, split_at), number(word.substr(split_at + 1)));
      }
      return;
    }
    Spec spec;
    spec.name = words[0];
    spec.budgets.slow = std::chrono::hours{1};  // of no interest unless a story says so
    for (const auto& word : words | std::views::drop(1)) describe(spec, word);
    specs.push_back(std::move(spec));
  }
};

class Teller {
 public:
  explicit Teller(const Cast& cast)
      : late_{cast.late},
        graph_{std::make_shared<const Graph>(*Graph::build(cast.specs))},
        machine_{*graph_, cast.limits} {}

  // What the line became: its own text up to the arrow, and the orders.
  std::string line(const std::string& line) {
    const auto fact = std::string{trim(line.substr(0, line.find("->")))};
    auto words = words_of(fact);
    if (words.empty()) return {};
    const auto at = TimePoint{} + milliseconds{number(words[0])};
    words.erase(words.begin());
    std::string before = ticks_before(at);
    now_ = at;
    play(words);
    return before + fact + given();
  }

 private:
  std::string given() {
    std::string text;
    for (const auto& order : given_) text += (text.empty() ? " -> " : ", ") + order;
    given_.clear();
    return text + "\n";
  }
  // A tick that gives no order is not worth a line; a clock that stands still is a defect.
  std::string ticks_before(TimePoint at) {
    std::string text;
    for (int rounds = 0; machine_.next_tick() && *machine_.next_tick() < at; ++rounds) {
      if (rounds > 100) return "the clock stands still\n";
      now_ = std::max(now_, *machine_.next_tick());
      tell(fact::Tick{});
      const auto when = std::chrono::floor<milliseconds>(now_.time_since_epoch()).count();
      if (!given_.empty()) text += std::to_string(when) + " tick" + given();
    }
    return text;
  }

  void play(const Words& words) {
    const auto& verb = words[0];
    if (verb == "up") return up();
    if (verb == "ask") return ask(words[1]);
    if (verb == "tick") {
      for (int i = 0; machine_.next_tick() && *machine_.next_tick() <= now_ && i < 100; ++i) {
        tell(fact::Tick{});
      }
      return;
    }
    tell(fact_of(words));
  }
  void up() {
    tell(fact::Begun{});
    for (bool more = true; std::exchange(more, false);) {
      for (NodeId id = 0; id < graph_->size(); ++id) {
        if (machine_.part(id).state != PartState::starting) continue;
        tell(fact::StartEnded{id, machine_.part(id).incarnation, Outcome::started, {}});
        more = true;
      }
    }
    given_ = {"state " + std::string{name_of(machine_.state())}};
  }

  Fact fact_of(const Words& words) const {
    const auto& verb = words[0];
    if (verb == "begun") return fact::Begun{};
    if (verb == "stop") return fact::StopRequested{};
    if (verb == "hurry") return fact::Hurried{};
    if (verb == "retry") return fact::RetryRequested{};
    if (verb == "wait") return wait_of(words);
    if (verb == "drop") return fact::WaitDropped{static_cast<WaiterId>(number(words[1]))};
    if (verb == "restart") {
      if (words[1] == "everything") return fact::RestartRequested{};
      return fact::RestartRequested{graph_->find(words[1])};
    }
    return fact_about(verb, words);
  }
  static Fact wait_of(const Words& words) {
    const auto goal = words[1] == "ready" ? Goal::ready : Goal::stopped;
    return fact::WaitBegun{static_cast<WaiterId>(number(words[2])), goal};
  }
  // "web" is the current incarnation, "web#1" the first.
  Fact fact_about(const std::string& verb, const Words& words) const {
    const auto mark = words[1].find('#');
    const auto id = graph_->find(words[1].substr(0, mark)).value();
    const auto which = mark == std::string::npos
                           ? machine_.part(id).incarnation
                           : static_cast<Incarnation>(number(words[1].substr(mark + 1)));
    const std::string rest = words.size() > 2 ? words[2] : "";
    const auto failure = rest.empty() ? std::nullopt : std::optional{Failure{rest, {}}};
    if (verb == "entered") return fact::Entered{id, which};
    if (verb == "started") return fact::StartEnded{id, which, Outcome::started, {}};
    if (verb == "failed") return fact::StartEnded{id, which, Outcome::failed, {rest, {}}};
    if (verb == "gave_way") return fact::StartEnded{id, which, Outcome::cancelled, {rest, {}}};
    if (verb == "unentered") return fact::StartEnded{id, which, Outcome::not_entered, {}};
    if (verb == "drained") return fact::DrainEnded{id, which, failure};
    if (verb == "stopped") return fact::StopEnded{id, which, failure};
    if (verb == "doing") return fact::Doing{id, which, rest};
    if (verb == "extended") return fact::Extended{id, which, milliseconds{number(rest)}};
    if (verb == "degraded") return fact::Degraded{id, which, rest};
    if (verb == "died") return fact::Died{id, which, {rest, {}}};
    throw std::invalid_argument{"no such verb: " + verb};
  }

  void tell(const Fact& fact) {
    const auto orders = machine_.tell(now_, fact);
    for (const auto& order : orders) {
      std::visit([this](const auto& o) { hear(o); }, order);
    }
    for (const auto& order : orders) {
      const auto* start = std::get_if<order::Start>(&order);
      if (start == nullptr || late_.contains(name(start->node))) continue;
      tell(fact::Entered{start->node, start->incarnation});
    }
  }

  std::string name(NodeId id) const { return (*graph_)[id].name; }
  void say(std::string text) { given_.push_back(std::move(text)); }
  void answer(const std::string& text) { say(text.empty() ? "nothing" : text); }

  void hear(const order::Start& o) { say("start " + name(o.node)); }
  void hear(const order::Drain& o) { say("drain " + name(o.node)); }
  void hear(const order::Stop& o) {
    const std::string after{name_of(o.told)};
    say("stop " + name(o.node) + (o.told == Outcome::started ? "" : " after " + after));
  }
  void hear(const order::Cancel& o) {
    say(fmt::format("cancel {} {} for {}", name(o.node), name_of(o.hook), name_of(o.reason)));
  }
  void hear(const order::Wake& o) {
    constexpr std::string_view settled[] = {"ready", "failed", "stopped"};
    say(fmt::format("wake {} {}", o.waiter, settled[static_cast<std::size_t>(o.settled)]));
  }
  void hear(const LifecycleEvent& event) {
    std::visit([this](const auto& e) { note(e); }, event);
  }
  void note(const event::StateChanged& e) {
    const bool chained = !given_.empty() && given_.back().starts_with("state ");
    if (!chained) return say(fmt::format("state {}", name_of(e.to)));
    given_.back() += fmt::format("/{}", name_of(e.to));
  }
  void note(const event::PartFailed& e) {
    say(fmt::format("{} {} {} {}", e.provoked ? "provoked" : "blame", name(e.node), name_of(e.hook),
                    name_of(e.outcome)));
  }
  void note(const event::PartSkipped& e) {
    say("skip " + name(e.node) + " because " + name(e.because));
  }
  void note(const event::PartSlow& e) { say("slow " + name(e.node)); }
  void note(const event::PartDegraded& e) { say("degraded " + name(e.node)); }
  void note(const event::HookAbandoned& e) {
    say(fmt::format("abandon {} {}", name(e.node), name_of(e.hook)));
  }
  void note(const event::DescentEnded& e) {
    if (!e.left.empty()) say("left " + join(e.left, " and "));
  }
  void note(const event::Refused& e) { say("refuse " + e.request + ": " + e.why); }
  void note(const event::PartStarted&) {}
  void note(const event::PartStopped&) {}

  void ask(const std::string& what) {
    const auto s = take_snapshot(machine_, graph_, TimePoint{}, now_);
    if (what == "ready") return say(s.ready ? "yes" : "no");
    if (what == "clean") return say(machine_.stopped_cleanly() ? "yes" : "no");
    if (what == "failure") return answer(failure_text(s));
    if (what == "degraded") return answer(join(s.degraded, "; "));
    if (what == "busy") return answer(join(s.waiting_on, " "));
    if (what == "survivors") return answer(join(s.survivors, " and "));
    if (what == "generation") return say(std::to_string(s.generation));
    const auto& part = s.parts[graph_->find(what).value()];
    say(fmt::format("{} #{}", name_of(part.state), part.incarnation));
    if (!part.reason.empty()) say(part.reason);
    if (!part.waits_for.empty()) say("waits for " + name(part.waits_for.front()));
  }

  std::set<std::string> late_;
  std::shared_ptr<const Graph> graph_;
  Machine machine_;
  TimePoint now_{};
  std::vector<std::string> given_;
};

TEST(Story, A_story_that_leaves_out_an_order_or_a_tick_is_told_differently) {
  EXPECT_EQ(told("web start=100\n"
                 "--\n"
                 "0 up\n"
                 "5 stop\n"
                 "9000 ask busy\n"),
            "web start=100\n"
            "--\n"
            "0 up -> state runtime_ready\n"
            "5 stop -> state draining, drain web\n"
            "5005 tick -> cancel web drain for deadline\n"
            "6005 tick -> abandon web drain, state stopping, stop web\n"
            "9000 ask busy -> web\n");
}

}  // namespace

std::string told(const std::string& story) {
  std::istringstream in{story};
  std::string text;
  std::string line;
  Cast cast;
  while (std::getline(in, line) && line != "--") {
    cast.read(line);
    text += line + "\n";
  }
  if (const auto graph = Graph::build(cast.specs); !graph) return graph.error().text();
  Teller teller{cast};
  text += "--\n";
  while (std::getline(in, line)) text += teller.line(line);
  return text;
}

}  // namespace orrery::lifecycle
