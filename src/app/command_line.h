// The whole command line as a function, so that a test program can be the product plus parts that
// misbehave.
#pragma once

#include <functional>

namespace orrery::app {

struct RunOptions;
using Extend = std::function<void(RunOptions&)>;

// Does what the command line says; returns the exit code.
int run_command_line(int argc, char** argv, const Extend& extend = {});

}  // namespace orrery::app
