#include <cstdio>
#include <cstdlib>

#include <sys/stat.h>

#include "app/cli/commands.h"
#include "app/program.h"
#include "app/stop_signals.h"

extern char** environ;

namespace orrery::app::cli {

config::Sources sources_of(const Common& common) {
  config::Sources sources{.file = common.config, .flags = {}, .environment = {}};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string pair{*entry};
    const auto equals = pair.find('=');
    if (equals != std::string::npos)
      sources.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return sources;
}

namespace {

config::Sources run_sources(const Common& common, const Run& options) {
  auto sources = sources_of(common);
  if (options.http) {
    auto host = options.http->substr(0, options.http->rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    sources.flags.emplace_back("http.host", host);
    sources.flags.emplace_back("http.port", options.http->substr(options.http->rfind(':') + 1));
  }
  if (options.on_failure) sources.flags.emplace_back("lifecycle.on_failure", *options.on_failure);
  return sources;
}

}  // namespace

int run(const Common& common, const Run& options, Invocation invocation, TimePoint begun,
        const Extend& extend) {
  auto before = take_handover();
  RunOptions run_options{.sources = run_sources(common, options),
                         .loaded = {},
                         .data_folder = data_folder(common.data),
                         .program = common.program,
                         .data_flag = common.data ? " --data " + *common.data : std::string{},
                         .safe_mode = options.safe_mode,
                         .invocation = std::move(invocation),
                         .before = {},
                         .begun = begun,
                         .wire_more = {},
                         .add_more_commands = {}};
  auto outcome = config::load(run_options.sources);
  if (!outcome.faults.empty()) {
    const auto text = config::text_of(outcome.faults);
    if (before.previous >= 0) {
      [[maybe_unused]] const auto failed = fall_back(before, text);
    }
    std::fprintf(stderr, "%s\n", text.c_str());
    return configuration_error;
  }
  run_options.loaded = std::move(outcome.loaded);
  run_options.before = std::move(before);
  if (extend) extend(run_options);
  Program program{std::move(run_options)};
  return program.run();
}

}  // namespace orrery::app::cli
