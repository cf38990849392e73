#include "app/command_line.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <sys/stat.h>

#include "app/cli/commands.h"
#include "app/handover.h"
#include "app/out_of_memory.h"
#include "app/stop_signals.h"

namespace orrery::app {
namespace {

struct Dispatch {
  const cli::Common& common;
  const Invocation& invocation;
  TimePoint begun;
  const Extend& extend;

  int operator()(const cli::Run& o) const { return cli::run(common, o, invocation, begun, extend); }
  int operator()(const cli::Chat& o) const { return static_cast<int>(cli::chat(common, o)); }
  int operator()(const cli::Check&) const { return cli::check(common); }
  int operator()(const cli::Status&) const { return static_cast<int>(cli::status(common)); }
  int operator()(const cli::Retry& o) const { return static_cast<int>(cli::retry(common, o)); }
  int operator()(const cli::Restart& o) const { return static_cast<int>(cli::restart(common, o)); }
  int operator()(const cli::Stop&) const { return static_cast<int>(cli::stop(common)); }
  int operator()(const cli::Analyze& o) const { return static_cast<int>(cli::analyze(common, o)); }
  int operator()(const cli::User& o) const { return static_cast<int>(cli::user(common, o)); }
  int operator()(const cli::Config& o) const { return cli::config(common, o); }
  int operator()(const cli::Db& o) const { return cli::db(common, o); }
  int operator()(const cli::Commands& o) const {
    return static_cast<int>(cli::commands(common, o));
  }
  int operator()(const cli::LogLevel& o) const {
    return static_cast<int>(cli::log_level(common, o));
  }
  int operator()(const cli::Version&) const { return static_cast<int>(cli::version(common)); }
};

// Whoever reads a file that was cut off must hear of it.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "orrery: the answer could not be written: %s\n", std::strerror(errno));
  return code == 0 ? static_cast<int>(cli::Exit::no) : code;
}

}  // namespace

int run_command_line(int argc, char** argv, const Extend& extend) {
  const TimePoint begun = std::chrono::steady_clock::now();
  end_when_out_of_memory();
  hear_stop_signals(Hear::no);    // until the program can; commands that only ask hear them again
  ::umask(0077);                  // what we write is nobody else's business
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write
  const auto parsed = cli::parse(argc, argv);
  if (const auto* code = std::get_if<int>(&parsed)) {
    if (*code != 0) go_back_from("it does not understand the command line of the one before");
    return written(*code);
  }
  const auto& line = std::get<cli::CommandLine>(parsed);
  const bool listens = std::holds_alternative<cli::Run>(line.command) ||
                       std::holds_alternative<cli::Db>(line.command);
  if (!listens) hear_stop_signals(Hear::yes);
  const auto invocation = own_invocation(argc, argv);
  return written(std::visit(Dispatch{line.common, invocation, begun, extend}, line.command));
}

}  // namespace orrery::app
