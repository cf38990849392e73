// Tells systemd, or whoever set NOTIFY_SOCKET, what we are doing. Twenty lines instead of a
// library.
//
// Source    https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
#pragma once

#include <optional>
#include <string>

#include "core/time.h"

namespace orrery::app {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes them out of the environment of children.
  ServiceManager();

  // Sends lines such as "READY=1"; does nothing where nobody listens.
  void notify(const std::string& lines) const;
  void reloading() const;
  // How often WATCHDOG=1 is expected; nothing: never.
  std::optional<Duration> watchdog() const { return watchdog_; }
  bool present() const { return !address_.empty(); }

 private:
  std::string address_;
  std::optional<Duration> watchdog_;
};

}  // namespace orrery::app
