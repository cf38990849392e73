#include "lifecycle/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint begun = TimePoint{} + 1h;  // times count from here, not from the epoch

Spec part(std::string name, Phase phase, std::vector<Edge> needs = {},
          Criticality criticality = Criticality::critical) {
  Spec spec;
  spec.name = std::move(name);
  spec.phase = phase;
  spec.needs = std::move(needs);
  spec.criticality = phase == Phase::online ? Criticality::degradable : criticality;
  return spec;
}

// A start as it was: each part enters at once when ordered and takes the time the test says.
class Recording {
 public:
  explicit Recording(std::vector<Spec> specs)
      : graph_{std::make_shared<const Graph>(*Graph::build(std::move(specs)))},
        machine_{*graph_, {}} {
    tell(0ms, fact::Begun{});
  }
  Recording& started(Duration at, std::string_view name) {
    return ended(at, name, Outcome::started);
  }
  Recording& ended(Duration at, std::string_view name, Outcome outcome) {
    const auto id = graph_->find(name).value();
    tell(at, fact::StartEnded{id, machine_.part(id).incarnation, outcome, {}});
    return *this;
  }
  Recording& tick(Duration at) {
    tell(at, fact::Tick{});
    return *this;
  }
  Timeline timeline() const { return build_timeline(snapshot()); }
  Snapshot snapshot() const { return take_snapshot(machine_, graph_, begun, begun + 1h); }

  std::vector<std::string> path() const {
    std::vector<std::string> names;
    for (const auto id : timeline().critical_path) names.push_back((*graph_)[id].name);
    return names;
  }
  TimelineEntry entry(std::string_view name) const {
    for (const auto& entry : timeline().entries) {
      if ((*graph_)[entry.node].name == name) return entry;
    }
    ADD_FAILURE() << name << " is not on the timeline";
    return {};
  }

 private:
  void tell(Duration at, const Fact& fact) {
    for (const auto& order : machine_.tell(begun + at, fact)) {
      if (const auto* start = std::get_if<order::Start>(&order)) {
        machine_.tell(begun + at, fact::Entered{start->node, start->incarnation});
      }
    }
  }
  std::shared_ptr<const Graph> graph_;
  Machine machine_;
};

// journal   |----|
// database  |----------|
// cache                |-----|
// web                  |----------------|
// commands                              |---|     ready
// presence                                  |------|
Recording a_start() {
  Recording recording{{part("journal", Phase::core), part("database", Phase::core),
                       part("cache", Phase::runtime), part("web", Phase::runtime),
                       part("commands", Phase::runtime, {{"cache", {}}, {"web", {}}}),
                       part("presence", Phase::online)}};
  recording.started(40ms, "journal").started(100ms, "database").started(150ms, "cache");
  recording.started(400ms, "web").started(450ms, "commands").started(600ms, "presence");
  return recording;
}

TEST(Timeline, The_critical_path_goes_back_from_ready_to_what_ended_last_each_time) {
  const auto recording = a_start();
  EXPECT_THAT(recording.path(), ElementsAre("database", "web", "commands"));
  EXPECT_EQ(recording.timeline().ready, 450ms);
}

TEST(Timeline, The_hooks_on_the_critical_path_add_up_to_the_time_to_ready) {
  const auto recording = a_start();
  Duration sum{};
  for (const auto& entry : recording.timeline().entries) {
    if (entry.critical_path) sum += entry.settled - entry.entered;
  }
  EXPECT_EQ(sum, recording.timeline().ready);
}

TEST(Timeline, Slack_is_how_much_later_a_part_could_have_ended_without_delaying_ready) {
  const auto recording = a_start();
  EXPECT_EQ(recording.entry("cache").slack, 250ms);
  EXPECT_EQ(recording.entry("journal").slack, 60ms);
  EXPECT_EQ(recording.entry("database").slack, 0ms);
  EXPECT_EQ(recording.entry("web").slack, 0ms);
  EXPECT_EQ(recording.entry("commands").slack, 0ms);
}

TEST(Timeline, What_is_online_has_no_slack_for_ready_never_waits_for_it) {
  const auto recording = a_start();
  EXPECT_EQ(recording.entry("presence").slack, std::nullopt);
  EXPECT_FALSE(recording.entry("presence").critical_path);
}

TEST(Timeline, Entries_are_in_order_of_entering_and_count_from_the_begin_of_the_engine) {
  const auto timeline = a_start().timeline();
  ASSERT_THAT(timeline.entries, SizeIs(6));
  EXPECT_TRUE(std::ranges::is_sorted(timeline.entries, {}, &TimelineEntry::entered));
  const auto web = a_start().entry("web");
  EXPECT_EQ(web.waiting, 100ms);
  EXPECT_EQ(web.entered, 100ms);
  EXPECT_EQ(web.settled, 400ms);
}

TEST(Timeline, An_empty_graph_is_ready_at_once_and_has_no_path) {
  const Recording recording{{}};
  EXPECT_THAT(recording.timeline().entries, IsEmpty());
  EXPECT_THAT(recording.timeline().critical_path, IsEmpty());
  EXPECT_EQ(recording.timeline().ready, 0ms);
}

TEST(Timeline, A_part_that_still_starts_is_not_on_it) {
  Recording recording{{part("cache", Phase::runtime), part("web", Phase::runtime)}};
  recording.started(50ms, "web");
  EXPECT_THAT(recording.timeline().entries, SizeIs(1));
}

TEST(Timeline, A_part_that_failed_is_on_it_without_slack_and_not_on_the_critical_path) {
  Recording recording{
      {part("prefixes", Phase::runtime, {}, Criticality::degradable), part("web", Phase::runtime)}};
  recording.ended(50ms, "prefixes", Outcome::failed).started(70ms, "web");
  EXPECT_EQ(recording.entry("prefixes").settled, 50ms);
  EXPECT_EQ(recording.entry("prefixes").slack, std::nullopt);
  EXPECT_THAT(recording.path(), ElementsAre("web"));
}

TEST(Timeline, A_soft_edge_can_be_on_the_critical_path) {
  auto commands = part("commands", Phase::runtime);
  commands.after = {{"prefixes", {}}};
  Recording recording{{part("prefixes", Phase::runtime, {}, Criticality::degradable), commands}};
  recording.started(300ms, "prefixes").started(310ms, "commands");
  EXPECT_THAT(recording.path(), ElementsAre("prefixes", "commands"));
}

// Inv 30: recorded critical path = time to ready.
TEST(Timeline, A_degradable_part_that_held_its_phase_longest_is_on_the_critical_path) {
  Recording recording{
      {part("prefixes", Phase::runtime, {}, Criticality::degradable), part("web", Phase::runtime)}};
  recording.started(100ms, "web").started(900ms, "prefixes");
  ASSERT_EQ(recording.snapshot().since - begun, 900ms);  // it became ready only then
  EXPECT_EQ(recording.timeline().ready, 900ms);
  EXPECT_THAT(recording.path(), ElementsAre("prefixes"));
}

}  // namespace
}  // namespace orrery::lifecycle
