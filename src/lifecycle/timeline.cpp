#include "lifecycle/timeline.h"

#include <algorithm>
#include <set>

namespace orrery::lifecycle {
namespace {

class Builder {
 public:
  explicit Builder(const Snapshot& s) : s_{s} {}

  Timeline build() {
    walk();
    measure_slack();
    for (NodeId id = 0; id < s_.parts.size(); ++id) {
      if (!s_.parts[id].entered || s_.parts[id].settled_at < s_.parts[id].entered_at) continue;
      t_.entries.push_back({.node = id,
                            .waiting = s_.parts[id].waiting_since - s_.begun,
                            .entered = s_.parts[id].entered_at - s_.begun,
                            .settled = s_.parts[id].settled_at - s_.begun,
                            .slack = slack_of(id),
                            .critical_path = on_path_.contains(id)});
    }
    std::ranges::sort(t_.entries, {}, [](const auto& e) { return std::pair{e.entered, e.node}; });
    return std::move(t_);
  }

 private:
  bool counts(NodeId id) const {
    const auto state = s_.parts[id].state;
    const bool settled = state == PartState::started || state == PartState::failed;
    return settled && s_.parts[id].entered && (*s_.graph)[id].phase != Phase::online;
  }
  // Until when the part held its phase: a slow degradable one only until it was called slow.
  TimePoint held_until(NodeId id) const {
    const Node& node = (*s_.graph)[id];
    const auto slow = s_.parts[id].entered_at + node.budgets.slow;
    return node.critical() ? s_.parts[id].settled_at : std::min(s_.parts[id].settled_at, slow);
  }
  // Of the given parts, the one that was settled last.
  std::optional<NodeId> last_of(auto&& ids, auto&& admit) const {
    std::optional<NodeId> last;
    for (const NodeId id : ids) {
      if (!admit(id)) continue;
      if (!last || held_until(id) > held_until(*last)) last = id;
    }
    return last;
  }
  std::vector<NodeId> all() const {
    std::vector<NodeId> ids(s_.parts.size());
    for (NodeId id = 0; id < ids.size(); ++id) ids[id] = id;
    return ids;
  }

  // Backwards from what was waited for last: each time to what ended last of all it waited for.
  void walk() {
    const Graph& graph = *s_.graph;
    if (!s_.ready_at) return;
    t_.ready = *s_.ready_at - s_.begun;
    auto at =
        last_of(all(), [&](NodeId id) { return counts(id) && held_until(id) <= *s_.ready_at; });
    while (at) {
      t_.critical_path.insert(t_.critical_path.begin(), *at);
      on_path_.insert(*at);
      std::vector<NodeId> below = graph[*at].needs;
      below.insert(below.end(), graph[*at].after.begin(), graph[*at].after.end());
      auto next = last_of(below, [&](NodeId id) { return counts(id); });
      if (!next) {  // then it waited for its phase
        next = last_of(all(),
                       [&](NodeId id) { return counts(id) && graph[id].phase < graph[*at].phase; });
      }
      at = next;
    }
  }

  // The latest end of each part that would not have made anyone on the way to ready later.
  void measure_slack() {
    latest_.assign(s_.parts.size(), TimePoint::max());
    if (!t_.ready) return;
    const auto ready = s_.begun + *t_.ready;
    auto runtime_begins = ready;
    for (auto id = static_cast<NodeId>(s_.parts.size()); id-- > 0;) {
      if (!counts(id) || s_.parts[id].state != PartState::started) continue;
      const Node& node = (*s_.graph)[id];
      auto latest = node.phase == Phase::core ? runtime_begins : ready;
      for (const auto above : node.dependents) {
        if (counts(above)) latest = std::min(latest, latest_begin(above));
      }
      latest_[id] = latest;
      if (node.phase == Phase::runtime) runtime_begins = std::min(runtime_begins, latest_begin(id));
    }
  }
  TimePoint latest_begin(NodeId id) const {
    return latest_[id] - (s_.parts[id].settled_at - s_.parts[id].entered_at);
  }
  std::optional<Duration> slack_of(NodeId id) const {
    if (latest_[id] == TimePoint::max()) return std::nullopt;
    return std::max(Duration{}, latest_[id] - s_.parts[id].settled_at);
  }

  const Snapshot& s_;
  Timeline t_;
  std::set<NodeId> on_path_;
  std::vector<TimePoint> latest_;
};

}  // namespace

Timeline build_timeline(const Snapshot& snapshot) { return Builder{snapshot}.build(); }

}  // namespace orrery::lifecycle
