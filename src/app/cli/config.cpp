#include <cstdio>
#include <cstring>

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "app/cli/commands.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;

int init(const Common& common) {
  const auto path = common.config.value_or("orrery.toml");
  const auto text = config::sample();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::fprintf(stderr, "orrery: %s cannot be written: %s\n", path.c_str(), std::strerror(errno));
    return 1;
  }
  ::close(file);
  if (common.json) {
    print_json({{"file", path}});
  } else {
    std::printf("%s written; every key is there with its default\n", path.c_str());
  }
  return 0;
}

int show(const Common& common) {
  const auto outcome = config::load(sources_of(common));
  if (!outcome.faults.empty()) {
    std::fprintf(stderr, "%s\n", config::text_of(outcome.faults).c_str());
    return configuration_error;
  }
  if (!common.json) {
    std::printf("%s", config::show(outcome.loaded).c_str());
    return 0;
  }
  json::object values;
  for (const auto& [key, value] : outcome.loaded.shown) {
    const auto origin = outcome.loaded.origin.find(key);
    values[key] = {{"value", value},
                   {"from", origin == outcome.loaded.origin.end() ? "default" : origin->second}};
  }
  print_json(values);
  return 0;
}

int schema(const Common& common) {
  json::array keys;
  for (const auto& key : config::schema()) {
    if (!common.json) {
      std::printf("%s  (%s, default %s)\n    %s\n", key.name.c_str(),
                  std::string{name_of(key.kind)}.c_str(), key.fallback.c_str(), key.doc.c_str());
      continue;
    }
    keys.push_back({{"name", key.name},
                    {"kind", name_of(key.kind)},
                    {"default", key.fallback},
                    {"doc", key.doc},
                    {"secret", key.secret},
                    {"choices", json::array(key.choices.begin(), key.choices.end())}});
  }
  if (common.json) print_json(keys);
  return 0;
}

}  // namespace

int config(const Common& common, const Config& options) {
  switch (options.what) {
    case Config::Do::init:
      return init(common);
    case Config::Do::show:
      return show(common);
    case Config::Do::schema:
      return schema(common);
  }
  std::unreachable();
}

}  // namespace orrery::app::cli
