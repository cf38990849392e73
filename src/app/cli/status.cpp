#include <cstdio>

#include <boost/json.hpp>
#include <unistd.h>

#include "app/cli/commands.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string{value.as_string()} : std::string{};
}

// Colour for a terminal, nothing for a pipe.
const char* mark_of(const std::string& state, bool colour) {
  const bool good = state == "started";
  const bool bad = state == "failed" || state == "skipped";
  if (!colour) return good ? "ok   " : bad ? "FAIL " : "...  ";
  return good ? "\033[32m ✓\033[0m  " : bad ? "\033[31m ✗\033[0m  " : "\033[33m ·\033[0m  ";
}

void print_component(const json::value& c, bool colour) {
  const auto state = text_of(c.at("state"));
  const auto took = c.at("took_ms").is_double()
                        ? fmt::format("{:8.1f} ms", c.at("took_ms").as_double())
                        : std::string(11, ' ');
  std::printf("  %s%-14s %-8s %-9s %s  %s\n", mark_of(state, colour), text_of(c.at("name")).c_str(),
              text_of(c.at("phase")).c_str(), state.c_str(), took.c_str(),
              text_of(c.at("reason")).c_str());
  const auto remedy = text_of(c.at("remedy"));
  if (!remedy.empty()) std::printf("      what to do: %s\n", remedy.c_str());
}

void print_list(const char* title, const json::value& list) {
  for (const auto& item : list.as_array()) std::printf("%s %s\n", title, text_of(item).c_str());
}

void print(const json::value& data) {
  const bool colour = ::isatty(STDOUT_FILENO) == 1;
  std::printf("%s (%s since %s, generation %lld)\n",
              data.at("ready").as_bool() ? "ready" : "not ready",
              text_of(data.at("phase_state")).c_str(), text_of(data.at("since")).c_str(),
              static_cast<long long>(data.at("generation").to_number<std::int64_t>()));
  if (data.at("failed").as_bool()) {
    std::printf("\nwhat happened:  %s\n", text_of(data.at("failure_message")).c_str());
    const auto remedy = text_of(data.at("failure_remedy"));
    if (!remedy.empty()) std::printf("what to do:     %s\n", remedy.c_str());
    std::printf("then:           orrery retry\n");
  }
  print_list("degraded:      ", data.at("degraded"));
  print_list("waiting for:   ", data.at("waiting_on"));
  print_list("refuses to die:", data.at("survivors"));
  std::printf("\n");
  for (const auto& component : data.at("components").as_array()) print_component(component, colour);
}

}  // namespace

// Yes means ready, so that a script can ask.
Exit status(const Common& common) {
  const auto data = Client{common}.ask("GET", "/api/stat/runtime-status");
  if (!data) return complain(data.error(), common);
  if (common.json) {
    print_json(*data);
  } else {
    print(*data);
  }
  return data->at("ready").as_bool() ? Exit::yes : Exit::no;
}

}  // namespace orrery::app::cli
