#include "app/service_manager.h"

#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace orrery::app {

ServiceManager::ServiceManager() {
  if (const char* address = std::getenv("NOTIFY_SOCKET")) address_ = address;
  const char* pid = std::getenv("WATCHDOG_PID");
  const bool ours = pid == nullptr || std::strtol(pid, nullptr, 10) == ::getpid();
  const char* interval = std::getenv("WATCHDOG_USEC");
  if (interval != nullptr && ours) {
    const auto microseconds = std::strtoll(interval, nullptr, 10);
    if (microseconds > 0) watchdog_ = std::chrono::microseconds{microseconds / 2};
  }
  for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
}

void ServiceManager::notify(const std::string& lines) const {
  sockaddr_un target{};
  if (address_.empty() || address_.size() >= sizeof target.sun_path) return;
  target.sun_family = AF_UNIX;
  std::memcpy(target.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') target.sun_path[0] = '\0';  // the abstract namespace
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // A manager that does not read must not hold us up; the next message tells it the rest.
  ::sendto(descriptor, lines.data(), lines.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&target), size);
  ::close(descriptor);
}

void ServiceManager::reloading() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds));
}

}  // namespace orrery::app
