#include "lifecycle/graph.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::lifecycle {
namespace {

using std::source_location;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Edge on(std::string name, source_location where = source_location::current()) {
  return {std::move(name), where};
}
Spec part(std::string name, std::vector<Edge> needs = {}, std::vector<Edge> after = {},
          source_location where = source_location::current()) {
  Spec spec;
  spec.name = std::move(name);
  spec.needs = std::move(needs);
  spec.after = std::move(after);
  spec.where = where;
  return spec;
}
Spec core(Spec spec) {
  spec.phase = Phase::core;
  return spec;
}
Spec degradable(Spec spec) {
  spec.criticality = Criticality::degradable;
  return spec;
}
Spec online(Spec spec) {
  spec.phase = Phase::online;
  return degradable(std::move(spec));
}
std::string at(const source_location& where) {
  return "graph_test.cpp:" + std::to_string(where.line());
}

// The sentences of the error; none if the parts fit together.
std::vector<std::string> faults(const std::vector<Spec>& specs) {
  const auto graph = Graph::build(specs);
  if (graph) return {};
  EXPECT_EQ(graph.error().kind(), ErrorKind::invalid);
  std::vector<std::string> lines;
  std::size_t from = graph.error().text().find("\n  ");
  while (from != std::string::npos) {
    const auto to = graph.error().text().find("\n  ", from + 3);
    lines.push_back(graph.error().text().substr(from + 3, to - from - 3));
    from = to;
  }
  return lines;
}

Graph built(const std::vector<Spec>& specs) {
  auto graph = Graph::build(specs);
  EXPECT_TRUE(graph) << graph.error().text();
  return std::move(*graph);
}

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.nodes()) names.push_back(node.name);
  return names;
}

std::vector<std::string> names(const Graph& graph, const std::vector<NodeId>& ids) {
  std::vector<std::string> names;
  for (const auto id : ids) names.push_back(graph[id].name);
  return names;
}

TEST(Graph, Without_parts_it_is_valid_and_empty) { EXPECT_EQ(built({}).size(), 0U); }

TEST(Graph, A_name_declared_twice_is_refused_with_both_places) {
  const auto first = part("database");
  const auto second = part("database");
  EXPECT_THAT(faults({first, part("web"), second}),
              ElementsAre("'database' is declared twice, at " + at(first.where) + " and " +
                          at(second.where)));
}

TEST(Graph, A_missing_name_is_refused_with_its_place_and_the_nearest_name) {
  const auto edge = on("databse");
  EXPECT_THAT(faults({part("database"), part("web", {edge})}),
              ElementsAre("'web' needs 'databse' (" + at(edge.where) +
                          "), which does not exist, did you mean 'database'?"));
}

TEST(Graph, A_missing_soft_edge_is_refused_too) {
  EXPECT_THAT(faults({part("database"), part("web", {}, {on("databse")})}),
              ElementsAre(AllOf(HasSubstr("'web' comes after 'databse'"),
                                HasSubstr("did you mean 'database'?"))));
}

TEST(Graph, No_name_is_suggested_when_none_is_near) {
  EXPECT_THAT(faults({part("database"), part("web", {on("zzzzzzzzzzzz")})}),
              ElementsAre(Not(HasSubstr("did you mean"))));
}

TEST(Graph, A_cycle_is_refused_with_its_full_path_and_the_place_of_each_edge) {
  const auto to_b = on("b");
  const auto to_c = on("c");
  const auto to_a = on("a");
  const auto found = faults({part("outside", {on("a")}), part("a", {to_b}), part("b", {to_c}),
                             part("c", {}, {to_a}), part("free")});
  EXPECT_THAT(found, ElementsAre("a cycle: a -> b (" + at(to_b.where) + ") -> c (" +
                                 at(to_c.where) + ") -> a (" + at(to_a.where) + ")"));
}

TEST(Graph, A_self_edge_is_a_cycle) {
  const auto edge = on("a");
  EXPECT_THAT(faults({part("a", {edge})}), ElementsAre("a cycle: a -> a (" + at(edge.where) + ")"));
}

TEST(Graph, A_cycle_of_soft_edges_is_a_cycle) {
  EXPECT_THAT(faults({part("a", {}, {on("b")}), part("b", {}, {on("a")})}),
              ElementsAre(HasSubstr("a cycle: a -> b")));
}

TEST(Graph, Two_separate_cycles_are_both_reported) {
  EXPECT_THAT(faults({part("a", {on("b")}), part("b", {on("a")}), part("y", {on("z")}),
                      part("z", {on("y")})}),
              ElementsAre(HasSubstr("a cycle: a -> b"), HasSubstr("a cycle: y -> z")));
}

TEST(Graph, A_part_may_not_stand_on_a_later_phase_by_either_edge) {
  const auto hard = on("session");
  const auto soft = on("session");
  EXPECT_THAT(
      faults({core(part("database", {hard})), core(part("log", {}, {soft})), part("session")}),
      ElementsAre("'database' (core) needs 'session' (runtime), which starts in a later phase (" +
                      at(hard.where) + ")",
                  "'log' (core) comes after 'session' (runtime), which starts in a later phase (" +
                      at(soft.where) + ")"));
}

TEST(Graph, A_critical_part_may_not_need_a_degradable_one_but_may_come_after_it) {
  const auto edge = on("prefixes");
  EXPECT_THAT(faults({degradable(part("prefixes")), part("commands", {edge})}),
              ElementsAre("critical 'commands' needs degradable 'prefixes' (" + at(edge.where) +
                          "): declare it after('prefixes') with a fallback"));
  EXPECT_THAT(faults({degradable(part("prefixes")), part("commands", {}, {edge})}), IsEmpty());
  EXPECT_THAT(faults({degradable(part("prefixes")), degradable(part("menu", {edge}))}), IsEmpty());
}

TEST(Graph, A_critical_part_online_is_refused) {
  auto bad = online(part("presence"));
  bad.criticality = Criticality::critical;
  EXPECT_THAT(faults({bad}), ElementsAre(HasSubstr("'presence' is critical and online")));
}

TEST(Graph, All_faults_are_reported_in_one_error) {
  auto presence = online(part("presence"));
  presence.criticality = Criticality::critical;
  EXPECT_THAT(faults({part("web", {on("wep"), on("prefixes")}), part("web"),
                      degradable(part("prefixes")), core(part("early", {on("web")})), presence}),
              ElementsAre(HasSubstr("'web' is declared twice"), HasSubstr("needs 'wep'"),
                          HasSubstr("needs degradable 'prefixes'"), HasSubstr("a later phase"),
                          HasSubstr("critical and online")));
}

TEST(Graph, A_cycle_is_reported_together_with_other_faults) {
  const auto found = faults({part("a", {on("b")}), part("b", {on("a")}), part("web"), part("web")});
  EXPECT_THAT(found, testing::UnorderedElementsAre(HasSubstr("'web' is declared twice"),
                                                   HasSubstr("a cycle: a -> b")));
}

std::vector<Spec> a_program() {
  return {core(part("journal")),
          core(part("database", {on("journal")})),
          part("web", {on("database")}),
          degradable(part("prefixes", {on("database")})),
          part("commands", {on("web")}, {on("prefixes")}),
          part("clock"),
          online(part("presence", {on("commands")}))};
}

TEST(Graph, Numbers_go_by_phase_then_level_then_name) {
  EXPECT_THAT(names(built(a_program())), ElementsAre("journal", "database", "clock", "prefixes",
                                                     "web", "commands", "presence"));
}

TEST(Graph, The_numbering_does_not_depend_on_the_order_of_registration) {
  auto specs = a_program();
  const auto plan = built(specs);
  std::mt19937 random{7};
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(specs, random);
    const auto other = built(specs);
    ASSERT_EQ(names(other), names(plan));
    for (NodeId id = 0; id < plan.size(); ++id) {
      EXPECT_EQ(other[id].needs, plan[id].needs);
      EXPECT_EQ(other[id].after, plan[id].after);
      EXPECT_EQ(other[id].dependents, plan[id].dependents);
      EXPECT_EQ(other[id].level, plan[id].level);
    }
  }
}

TEST(Graph, A_part_named_by_both_edges_is_one_hard_edge) {
  const auto graph =
      built({part("database"), part("web", {on("database"), on("database")}, {on("database")})});
  EXPECT_THAT(graph[1].needs, ElementsAre(0U));
  EXPECT_THAT(graph[1].after, IsEmpty());
  EXPECT_THAT(graph[0].dependents, ElementsAre(1U));
}

TEST(Graph, A_closure_is_the_part_and_all_that_stands_on_it_by_either_edge) {
  const auto graph = built(a_program());
  const auto closure = [&](std::string_view name) {
    return names(graph, graph.closure(*graph.find(name)));
  };
  EXPECT_THAT(closure("prefixes"), ElementsAre("prefixes", "commands", "presence"));
  EXPECT_THAT(closure("presence"), ElementsAre("presence"));
  EXPECT_THAT(closure("database"),
              ElementsAre("database", "prefixes", "web", "commands", "presence"));
}

TEST(Graph, A_name_that_is_not_there_is_not_found) {
  EXPECT_FALSE(built(a_program()).find("nobody"));
}

}  // namespace
}  // namespace orrery::lifecycle
