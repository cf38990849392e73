#include "shrink.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t schedules = 12;

std::uint32_t things_in(const Plan& plan) {
  std::size_t edges = 0;
  for (const auto& part : plan.parts) edges += part.needs.size() + part.after.size();
  return static_cast<std::uint32_t>(plan.parts.size() + edges + plan.faults.size() +
                                    plan.disturbances.size());
}

// Where each part has gone; nothing if it is left out.
using Places = std::vector<std::optional<std::uint32_t>>;

Places keep_parts(const Plan& plan, const LeftOut& left_out, Plan& smaller) {
  Places places(plan.parts.size());
  for (std::uint32_t i = 0; i < plan.parts.size(); ++i) {
    if (left_out.contains(i)) continue;
    places[i] = static_cast<std::uint32_t>(smaller.parts.size());
    smaller.parts.push_back(plan.parts[i]);
    smaller.parts.back().needs.clear();
    smaller.parts.back().after.clear();
  }
  return places;
}

// The invariant objected to, without the words about who and where.
std::string_view kind_of(std::string_view violation) {
  return violation.substr(0, violation.find(':'));
}

}  // namespace

Plan without(const Plan& plan, const LeftOut& left_out) {
  Plan smaller = plan;
  smaller.parts.clear();
  smaller.faults.clear();
  smaller.disturbances.clear();
  const auto places = keep_parts(plan, left_out, smaller);
  auto number = static_cast<std::uint32_t>(plan.parts.size());
  const auto kept = [&](std::string_view name) {
    return std::ranges::any_of(smaller.parts, [&](const Spec& s) { return s.name == name; });
  };
  for (std::uint32_t i = 0; i < plan.parts.size(); ++i) {
    const auto keep = [&](const std::vector<Edge>& edges, std::vector<Edge> Spec::* field) {
      for (const auto& edge : edges) {
        const bool stays = !left_out.contains(number++) && places[i] && kept(edge.name);
        if (stays) (smaller.parts[*places[i]].*field).push_back(edge);
      }
    };
    keep(plan.parts[i].needs, &Spec::needs);
    keep(plan.parts[i].after, &Spec::after);
  }
  for (auto fault : plan.faults) {
    if (left_out.contains(number++) || !places[fault.part]) continue;
    fault.part = *places[fault.part];
    smaller.faults.push_back(fault);
  }
  for (auto disturbance : plan.disturbances) {
    const bool out = left_out.contains(number++);
    const bool about_part = disturbance.when.what != Moment::What::state;
    if (out || (about_part && !places[disturbance.when.part])) continue;
    if (!plan.parts.empty()) {
      if (about_part) disturbance.when.part = *places[disturbance.when.part];
      disturbance.part = places[disturbance.part].value_or(0);
    }
    smaller.disturbances.push_back(disturbance);
  }
  return smaller;
}

Shrunk shrink(const Plan& plan, const std::string& violation,
              const std::function<Verdict(const Plan&)>& live) {
  Shrunk best{{}, plan.schedule, violation};
  const auto still_fails = [&](const LeftOut& left_out) {
    Plan candidate = without(plan, left_out);
    for (std::uint64_t i = 0; i < schedules; ++i) {
      candidate.schedule = i == 0 ? best.schedule : i;
      const auto verdict = live(candidate);
      if (!verdict.violation || kind_of(*verdict.violation) != kind_of(violation)) continue;
      best = {left_out, candidate.schedule, *verdict.violation};
      return true;
    }
    return false;
  };
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (std::uint32_t i = 0; i < things_in(plan); ++i) {
      if (best.left_out.contains(i)) continue;
      LeftOut more = best.left_out;
      more.insert(i);
      smaller = still_fails(more) || smaller;
    }
  }
  return best;
}

std::string in_digits(const LeftOut& left_out) {
  std::vector<std::string> ranges;
  for (auto at = left_out.begin(); at != left_out.end();) {
    const auto first = *at;
    auto last = first;
    for (++at; at != left_out.end() && *at == last + 1; ++at) last = *at;
    ranges.push_back(first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last));
  }
  return join(ranges, ",");
}

std::optional<LeftOut> parse_left_out(std::string_view text) {
  LeftOut all;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::uint32_t first = 0;
    auto parsed = std::from_chars(at, end, first);
    if (parsed.ec != std::errc{}) return std::nullopt;
    std::uint32_t last = first;
    if (parsed.ptr < end && *parsed.ptr == '-') parsed = std::from_chars(parsed.ptr + 1, end, last);
    if (parsed.ec != std::errc{} || last < first || last - first > 10'000) return std::nullopt;
    for (auto i = first; i <= last; ++i) all.insert(i);
    if (parsed.ptr < end && *parsed.ptr != ',') return std::nullopt;
    at = parsed.ptr < end ? parsed.ptr + 1 : end;
  }
  return all;
}

}  // namespace orrery::sim
