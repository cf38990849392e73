#include "app/cli/commands.h"

#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>

namespace orrery::app::cli {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& object, const char* field) {
  return std::string{object.at(field).as_string()};
}

const char* target_of(Commands::As as) {
  switch (as) {
    case Commands::As::list:
      return "/api/commands";
    case Commands::As::markdown:
      return "/api/commands/markdown";
    case Commands::As::discord:
      return "/api/commands/discord";
  }
  std::unreachable();
}

// In characters, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void print_list(const json::array& commands) {
  std::size_t widest = 0;
  for (const auto& one : commands) widest = std::max(widest, width_of(text_at(one, "usage")));
  for (const auto& one : commands) {
    const auto usage = text_at(one, "usage");
    const bool owner = text_at(one, "access") == "owner";
    std::printf("%s%*s  %s%s\n", usage.c_str(), static_cast<int>(widest - width_of(usage)), "",
                text_at(one, "summary").c_str(), owner ? " (owner)" : "");
  }
}

}  // namespace

Exit commands(const Common& common, const Commands& options) {
  const auto data = Client{common}.ask("GET", target_of(options.as));
  if (!data) return complain(data.error(), common);
  if (common.json || options.as == Commands::As::discord) {
    print_json(*data);
  } else if (options.as == Commands::As::markdown) {
    std::printf("%s", data->as_string().c_str());
  } else {
    print_list(data->at("commands").as_array());
  }
  return Exit::yes;
}

}  // namespace orrery::app::cli
