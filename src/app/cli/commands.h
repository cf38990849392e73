// What each command of the command line does; each returns its exit code.
#pragma once

#include "app/cli/client.h"
#include "app/command_line.h"
#include "app/handover.h"
#include "config/load.h"

namespace orrery::app::cli {

// `extend` may add parts to the program before it runs.
int run(const Common& common, const Run& options, Invocation invocation, TimePoint begun,
        const Extend& extend);
Exit chat(const Common& common, const Chat& options);
int check(const Common& common);
Exit status(const Common& common);
Exit retry(const Common& common, const Retry& options);
Exit restart(const Common& common, const Restart& options);
Exit stop(const Common& common);
Exit analyze(const Common& common, const Analyze& options);
Exit user(const Common& common, const User& options);
int config(const Common& common, const Config& options);
int db(const Common& common, const Db& options);
Exit commands(const Common& common, const Commands& options);
Exit log_level(const Common& common, const LogLevel& options);
Exit version(const Common& common);

// The sources of the configuration as the process sees them.
config::Sources sources_of(const Common& common);

inline constexpr int configuration_error = 78;

}  // namespace orrery::app::cli
