#include "web/status_json.h"

#include <boost/json.hpp>

namespace orrery::web {

namespace json = boost::json;
using namespace lifecycle;

namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::value time_or_null(std::optional<WallTime> time) {
  return time ? json::value(iso8601(*time)) : json::value{};
}

// Why a part is as it is; for one that waits or works, what for and since when.
std::string reason_of(const Snapshot& s, const PartView& part) {
  if (!part.reason.empty() && part.state != PartState::starting) return part.reason;
  if (part.state == PartState::starting) {
    const auto busy = human(std::chrono::steady_clock::now() - part.entered_at);
    const auto doing = part.reason.empty() ? std::string{"starting"} : part.reason;
    return part.entered ? fmt::format("{} for {}{}", doing, busy, part.slow ? ", slow" : "")
                        : "about to start";
  }
  if (part.state != PartState::waiting || part.waits_for.empty()) return {};
  std::string text = "waits for ";
  for (std::size_t i = 0; i < part.waits_for.size(); ++i) {
    text += (i == 0 ? "" : ", ") + (*s.graph)[part.waits_for[i]].name;
  }
  return text;
}

json::object part_json(const Snapshot& s, NodeId id) {
  const Node& node = (*s.graph)[id];
  const PartView& part = s.parts[id];
  const bool settled = part.entered && part.settled_at >= part.entered_at;
  return {{"name", node.name},
          {"phase", name_of(node.phase)},
          {"state", name_of(part.state)},
          {"critical", node.critical()},
          {"entered_ms",
           part.entered ? json::value(milliseconds(part.entered_at - s.begun)) : json::value{}},
          {"slow", part.slow},
          {"degraded", text_or_null(part.degraded)},
          {"incarnation", part.incarnation},
          {"started_ms",
           settled ? json::value(milliseconds(part.settled_at - s.begun)) : json::value{}},
          {"took_ms",
           settled ? json::value(milliseconds(part.settled_at - part.entered_at)) : json::value{}},
          {"reason", text_or_null(reason_of(s, part))},
          {"remedy", text_or_null(part.remedy)}};
}

}  // namespace

json::object status_json(RuntimeControl& runtime) {
  const auto s = runtime.snapshot();
  json::array parts;
  for (NodeId id = 0; id < s->parts.size(); ++id) parts.push_back(part_json(*s, id));
  const bool failed = is_failed(s->state);
  auto waiting_on = s->waiting_on;
  for (auto& who : runtime.blocked()) waiting_on.push_back(std::move(who));
  const auto in_state = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - s->since);
  return {{"state", public_state(s->state)},
          {"ready", s->ready},
          {"failed", failed},
          {"failure_message", failed ? text_or_null(failure_text(*s)) : json::value{}},
          {"failure_remedy", failed ? text_or_null(s->failure.remedy) : json::value{}},
          {"phase_state", name_of(s->state)},
          {"generation", s->generation},
          {"since", iso8601(wall_now() - in_state)},
          {"start_time", iso8601(runtime.start_time())},
          {"ready_time", time_or_null(runtime.ready_time())},
          {"now_ms", milliseconds(std::chrono::steady_clock::now() - s->begun)},
          {"boot", runtime.boot().id},
          {"restarts", runtime.boot().restarts},
          {"fell_back", text_or_null(runtime.boot().fell_back)},
          {"version", ORRERY_VERSION},
          {"safe_mode", runtime.safe_mode()},
          {"stop_requested", s->stop_requested},
          {"degraded", array_of(s->degraded)},
          {"waiting_on", array_of(waiting_on)},
          {"survivors", array_of(s->survivors)},
          {"components", std::move(parts)}};
}

json::object timeline_json(RuntimeControl& runtime) {
  const auto s = runtime.snapshot();
  const auto timeline = build_timeline(*s);
  json::array entries;
  for (const auto& e : timeline.entries) {
    entries.push_back({{"name", (*s->graph)[e.node].name},
                       {"phase", name_of((*s->graph)[e.node].phase)},
                       {"waiting_ms", milliseconds(e.waiting)},
                       {"entered_ms", milliseconds(e.entered)},
                       {"settled_ms", milliseconds(e.settled)},
                       {"took_ms", milliseconds(e.settled - e.entered)},
                       {"slack_ms", e.slack ? json::value(milliseconds(*e.slack)) : json::value{}},
                       {"critical_path", e.critical_path}});
  }
  json::array path;
  for (const auto id : timeline.critical_path) path.push_back(json::value((*s->graph)[id].name));
  return {{"generation", s->generation},
          {"ready_ms", timeline.ready ? json::value(milliseconds(*timeline.ready)) : json::value{}},
          {"critical_path", std::move(path)},
          {"components", std::move(entries)}};
}

json::object trace_json(RuntimeControl& runtime) {
  const auto s = runtime.snapshot();
  json::array events;
  for (const auto& span : runtime.spans()) {
    const Node& node = (*s->graph)[span.node];
    events.push_back(
        {{"name", fmt::format("{} {}", node.name, name_of(span.hook))},
         {"cat", name_of(node.phase)},
         {"ph", "X"},
         {"ts", milliseconds(span.begin - s->begun) * 1000},
         {"dur", milliseconds(span.end - span.begin) * 1000},
         {"pid", 1},
         {"tid", span.node + 1},
         {"args", {{"outcome", name_of(span.outcome)}, {"generation", span.generation}}}});
  }
  return {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
}

json::object graph_json(RuntimeControl& runtime) {
  const auto s = runtime.snapshot();
  const auto names = [&](const std::vector<NodeId>& ids) {
    json::array list;
    for (const auto id : ids) list.push_back(json::value((*s->graph)[id].name));
    return list;
  };
  json::array nodes;
  for (NodeId id = 0; id < s->parts.size(); ++id) {
    const Node& node = (*s->graph)[id];
    nodes.push_back({{"name", node.name},
                     {"phase", name_of(node.phase)},
                     {"level", node.level},
                     {"critical", node.critical()},
                     {"state", name_of(s->parts[id].state)},
                     {"needs", names(node.needs)},
                     {"after", names(node.after)}});
  }
  return {{"components", std::move(nodes)}};
}

}  // namespace orrery::web
