// What the window may see and ask of the running program; the program implements it.
//
// Threads   the control strand.
#pragma once

#include "config/configuration_component.h"
#include "lifecycle/driver.h"
#include "storage/database.h"

namespace orrery::web {

// Which program this is, among those that followed each other in one process.
struct Boot {
  std::string id;              // drawn at its start
  std::uint64_t restarts = 0;  // in place, before this one
  std::string fell_back;       // why the program that should have run could not
};

enum class SafeMode { off, once };

class RuntimeControl {
 public:
  virtual ~RuntimeControl() = default;

  virtual std::shared_ptr<const lifecycle::Snapshot> snapshot() = 0;
  virtual std::vector<lifecycle::Span> spans() = 0;
  virtual bool ready() const = 0;
  // Strands that stand still, and who holds them up: "bot: message '!x' on webchat, for 3.2 s".
  virtual std::vector<std::string> blocked() const = 0;
  // Where people reach it: "http://127.0.0.1:6185".
  virtual std::string address() const = 0;
  virtual WallTime start_time() const = 0;
  virtual std::optional<WallTime> ready_time() const = 0;
  virtual const Boot& boot() const = 0;
  // Whether this generation runs without plugins.
  virtual bool safe_mode() const = 0;
  // Messages handled since the process began.
  virtual std::uint64_t handled() const = 0;
  // What has gone through the database since then.
  virtual const storage::DatabaseNumbers& database_numbers() const = 0;

  // Reads the configuration again, then brings the runtime up again if it is down.
  // Errors: invalid (the configuration has faults), conflict (why not now).
  virtual Result<> retry(SafeMode safe_mode) = 0;
  // The same for a runtime that is up; with a name, one component and what stands on it.
  virtual Result<> restart(std::optional<std::string> component) = 0;
  // Checks that the program would start, then replaces this one by it: same process, same sockets.
  // Returns once the check has passed. Errors: unavailable (what the check found), conflict,
  // cancelled.
  virtual Task<> restart_in_place(async::StopToken token) = 0;
  virtual void shutdown() = 0;
  virtual Task<lifecycle::Settled> wait_settled(TimePoint deadline, async::StopToken token) = 0;

  virtual Level log_level() const = 0;
  virtual void set_log_level(Level level) = 0;
  virtual const config::Configuration& configuration() const = 0;
};

}  // namespace orrery::web
