// What was typed, as a value. The one place that knows CLI11.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"

namespace orrery::app::cli {

// Taken by every command, before or after its arguments.
struct Common {
  std::optional<std::string> config;
  std::optional<std::string> data;
  bool json = false;
  std::string program;  // as it was called
};

struct Run {
  std::optional<std::string> http;
  bool safe_mode = false;
  std::optional<std::string> on_failure;
};
struct Chat {
  std::optional<std::string> as;
  Duration timeout = std::chrono::seconds{5};
  std::optional<std::string> message;  // nothing: lines from standard input
};
struct Check {};
struct Status {};
struct Retry {
  bool wait = true;
};
struct Restart {
  bool wait = true;
  bool in_place = true;  // the whole program; else the runtime, or one component
  std::optional<std::string> component;
};
struct Stop {};
struct Analyze {
  enum class What { summary, blame, critical_chain, plot };
  What what = What::summary;
};
struct User {
  enum class Do { add, passwd, list, setup_link, totp_off };
  Do what = Do::list;
  std::string name;
  bool password_stdin = false;
};
struct Config {
  enum class Do { init, show, schema };
  Do what = Do::show;
};
struct Db {
  enum class Do { status, health, migrate, rollback, validate, backup, restore, shell };
  Do what = Do::status;
  bool dry_run = false;
  std::optional<int> to;            // of rollback
  std::optional<std::string> file;  // of backup and restore
  Duration timeout = std::chrono::minutes{10};
};
struct Commands {
  enum class As { list, markdown, discord };
  As as = As::list;
};
struct LogLevel {
  std::optional<std::string> level;
};
struct Version {};

using Command = std::variant<Run, Chat, Check, Status, Retry, Restart, Stop, Analyze, User, Config,
                             Db, Commands, LogLevel, Version>;

struct CommandLine {
  Common common;
  Command command;
};

// An exit code stands for a command line that was answered at once: help (0) or wrong usage (2).
std::variant<CommandLine, int> parse(int argc, char** argv);

}  // namespace orrery::app::cli
