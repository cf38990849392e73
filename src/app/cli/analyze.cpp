#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>

#include "app/cli/commands.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;

struct Entry {
  std::string name;
  std::string phase;
  double waiting, entered, settled, took;
  std::optional<double> slack;
  bool critical_path;
};

double number(const json::value& value) {
  return value.is_number() ? value.to_number<double>() : 0;
}

std::vector<Entry> entries_of(const json::value& data) {
  std::vector<Entry> entries;
  for (const auto& c : data.at("components").as_array()) {
    Entry entry{.name = c.at("name").as_string().c_str(),
                .phase = c.at("phase").as_string().c_str(),
                .waiting = number(c.at("waiting_ms")),
                .entered = number(c.at("entered_ms")),
                .settled = number(c.at("settled_ms")),
                .took = number(c.at("took_ms")),
                .slack = {},
                .critical_path = c.at("critical_path").as_bool()};
    if (c.at("slack_ms").is_number()) entry.slack = number(c.at("slack_ms"));
    entries.push_back(std::move(entry));
  }
  return entries;
}

void summary(const json::value& data) {
  if (data.at("ready_ms").is_number()) {
    std::printf("ready %.1f ms after the engine began (generation %lld)\n",
                number(data.at("ready_ms")),
                static_cast<long long>(data.at("generation").to_number<std::int64_t>()));
  } else {
    std::printf("not ready yet\n");
  }
}

void blame(std::vector<Entry> entries) {
  std::ranges::sort(entries, std::greater<>{}, &Entry::took);
  for (const auto& e : entries) std::printf("%9.1f ms  %s\n", e.took, e.name.c_str());
}

void critical_chain(const std::vector<Entry>& entries) {
  for (const auto& e : entries) {
    if (!e.critical_path) continue;
    std::printf("%9.1f ms  +%.1f ms  %s\n", e.entered, e.took, e.name.c_str());
  }
  std::printf("\nnot on the chain, and how much later each could have ended:\n");
  for (const auto& e : entries) {
    if (e.critical_path) continue;
    const auto slack =
        e.slack ? fmt::format("{:.1f} ms", *e.slack) : std::string{"any (nobody waits for it)"};
    std::printf("  %-16s %s\n", e.name.c_str(), slack.c_str());
  }
}

// A waterfall: when each waited, and when it worked. Dark bars decided when the bot was ready.
void plot(const std::vector<Entry>& entries) {
  double end = 1;
  for (const auto& e : entries) end = std::max(end, e.settled);
  const auto x = [&](double ms) { return 160 + ms / end * 720; };
  const auto height = 40 + entries.size() * 24;
  std::printf(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"960\" height=\"%zu\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
      "<text x=\"8\" y=\"20\">start of %zu components in %.1f ms; dark: critical path</text>\n",
      height, entries.size(), end);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& e = entries[i];
    const auto y = 36 + i * 24;
    std::printf("<text x=\"8\" y=\"%zu\">%s</text>\n", y + 13, e.name.c_str());
    std::printf("<rect x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"4\" fill=\"#ccc\"/>\n",
                x(e.waiting), y + 7, std::max(0.0, x(e.entered) - x(e.waiting)));
    std::printf(
        "<rect x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"18\" fill=\"%s\"><title>%s: %.1f "
        "ms</title></rect>\n",
        x(e.entered), y, std::max(1.0, x(e.settled) - x(e.entered)),
        e.critical_path ? "#1f4e79" : "#9cc3e6", e.name.c_str(), e.took);
    std::printf("<text x=\"%.1f\" y=\"%zu\" fill=\"#555\">%.1f ms</text>\n", x(e.settled) + 4,
                y + 13, e.took);
  }
  std::printf("</svg>\n");
}

}  // namespace

Exit analyze(const Common& common, const Analyze& options) {
  const auto data = Client{common}.ask("GET", "/api/runtime/timeline");
  if (!data) return complain(data.error(), common);
  if (common.json) {
    print_json(*data);
    return Exit::yes;
  }
  const auto entries = entries_of(*data);
  switch (options.what) {
    case Analyze::What::summary:
      summary(*data);
      critical_chain(entries);
      break;
    case Analyze::What::blame:
      blame(entries);
      break;
    case Analyze::What::critical_chain:
      critical_chain(entries);
      break;
    case Analyze::What::plot:
      plot(entries);
      break;
  }
  return Exit::yes;
}

}  // namespace orrery::app::cli
