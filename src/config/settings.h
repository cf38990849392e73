// All settings, typed and valid. Made by load(); what each key means is said once, in schema.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/journal.h"
#include "core/secret.h"
#include "core/time.h"

namespace orrery::config {

enum class LogFormat { automatic, human, json };
enum class OnFailure { hold, exit, retry };
enum class Unconfigured { deny, allow };

struct Settings {
  struct {
    std::string host;
    std::uint16_t port = 0;
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> trusted_proxies;
    std::int64_t max_connections = 0;
    Duration read_timeout{};
  } http;
  struct {
    Level level = Level::info;
    LogFormat format = LogFormat::automatic;
    bool file = true;
  } log;
  struct {
    std::vector<std::string> ids;
    std::vector<std::string> sysadmins;
  } owner;
  struct {
    Secret url;  // may hold a password
    Duration busy_timeout{}, connect_timeout{}, wait{}, check_after{}, max_age{}, slow_statement{};
    std::int64_t connections = 0, overflow = 0, backups = 0;
    bool backup_before_migration = true;
  } database;
  struct {
    std::string prefix;
    bool case_insensitive_prefix = false, mention_prefix = true;
    Duration budget{};
  } commands;
  struct {
    Unconfigured unconfigured = Unconfigured::deny;
    std::vector<std::string> never;
  } permissions;
  struct {
    bool enabled = false;
    Duration keep{};
  } history;
  struct {
    bool enabled = true;
  } metrics;
  struct {
    struct {
      Duration start{}, start_cap{}, slow{}, drain{}, stop{}, grace{};
    } budgets;
    Duration stop_total{}, rollback_total{}, lame_duck{};
    OnFailure on_failure = OnFailure::hold;
    std::int64_t parallel_starts = 0;
  } lifecycle;
  struct {
    Secret token;
  } discord;
  struct {
    Secret dsn;
  } sentry;
};

}  // namespace orrery::config
