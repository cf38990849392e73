#include "net/port_owner.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace orrery::net {
namespace {

namespace fs = std::filesystem;

struct Listener {
  std::string inode;
  std::string user;
};

std::optional<Listener> find_listener(const char* table, std::uint16_t port) {
  std::ifstream in{table};
  const auto wanted = fmt::format(":{:04X}", port);
  constexpr std::string_view listening = "0A";
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    if (state == listening && local.ends_with(wanted)) return Listener{inode, user};
  }
  return std::nullopt;
}

bool holds(const fs::path& process, const std::string& link) {
  std::error_code error;
  for (const auto& descriptor : fs::directory_iterator{process / "fd", error}) {
    if (fs::read_symlink(descriptor.path(), error).string() == link) return true;
  }
  return false;
}

std::optional<std::string> find_process(const std::string& inode) {
  const auto link = "socket:[" + inode + "]";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{"/proc", error}) {
    const auto pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds(entry.path(), link))
      continue;
    std::string name;
    std::getline(std::ifstream{entry.path() / "comm"}, name);
    return fmt::format("process {} ({})", pid, name);
  }
  return std::nullopt;
}

}  // namespace

std::string describe_listener(std::uint16_t port) {
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto listener = find_listener(table, port);
    if (!listener) continue;
    if (const auto process = find_process(listener->inode)) return *process;
    return "a process of user " + listener->user;
  }
  return "another process";
}

}  // namespace orrery::net
