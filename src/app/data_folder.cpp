#include "app/data_folder.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace orrery::app {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Error denied(std::string_view doing, const std::string& path, const std::error_code& why) {
  Error error{ErrorKind::denied, fmt::format("{} {}: {}", doing, path, why.message())};
  if (why == std::errc::no_space_on_device) {
    return std::move(error).remedy(
        "make room on the disk, or choose another folder with --data DIR");
  }
  return std::move(error).remedy(
      "give this user the right to write there, or choose another folder with --data DIR");
}

std::error_code last_error() { return {errno, std::generic_category()}; }

Result<> make_folders(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(denied("making the data folder", folder, error));
  for (const auto* name : {"run", "logs", "plugins", "backups"}) {
    const auto path = folder + "/" + name;
    fs::create_directory(path, error);
    if (error) return fail(denied("making", path, error));
  }
  fs::permissions(folder + "/run", fs::perms::owner_all, error);
  if (error) return fail(denied("protecting", folder + "/run", error));
  return {};
}

std::string read_pid(int descriptor) {
  char text[32] = {};
  const auto size = ::pread(descriptor, text, sizeof text - 1, 0);
  const std::string pid{text, size > 0 ? static_cast<std::size_t>(size) : 0};
  return pid.substr(0, pid.find('\n'));
}

// A folder of ours for the sockets of data folders with long names. Somebody else's is not used.
std::string short_folder() {
  const auto base = variable("XDG_RUNTIME_DIR").value_or("/tmp");
  const auto folder = fmt::format("{}/orrery-{}", base, ::geteuid());
  ::mkdir(folder.c_str(), 0700);
  struct stat info{};
  const bool ours = ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                    info.st_uid == ::geteuid() && (info.st_mode & 077) == 0;
  return ours ? folder : "/nonexistent";
}

}  // namespace

std::string data_folder(const std::optional<std::string>& flag) {
  std::string folder;
  if (flag) {
    folder = *flag;
  } else if (const auto state = variable("STATE_DIRECTORY")) {
    folder = state->substr(0, state->find(':'));
  } else if (const auto xdg = variable("XDG_STATE_HOME")) {
    folder = *xdg + "/orrery";
  } else {
    folder = variable("HOME").value_or("/") + "/.local/state/orrery";
  }
  std::error_code error;
  const auto absolute = fs::absolute(folder, error).lexically_normal().string();
  return absolute.ends_with('/') && absolute.size() > 1 ? absolute.substr(0, absolute.size() - 1)
                                                        : absolute;
}

std::string control_socket(const std::string& folder) {
  auto path = folder + "/run/orrery.sock";
  if (path.size() < sizeof(sockaddr_un{}.sun_path)) return path;
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : folder) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return fmt::format("{}/{:016x}.sock", short_folder(), hash);
}

std::string http_address(const std::string& host, std::uint16_t port) {
  const bool any = host == "0.0.0.0" || host == "::";
  const auto shown = any                                   ? std::string{"127.0.0.1"}
                     : host.find(':') != std::string::npos ? "[" + host + "]"
                                                           : host;
  return fmt::format("http://{}:{}", shown, port);
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int FolderLock::keep() const {
  return descriptor_ < 0 ? -1 : ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 3);
}

Result<FolderLock> FolderLock::take(const std::string& folder, int inherited) {
  if (auto made = make_folders(folder); !made) return fail(std::move(made).error());
  const auto path = folder + "/run/orrery.lock";
  const int descriptor = inherited >= 0 ? ::fcntl(inherited, F_DUPFD_CLOEXEC, 3)
                                        : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(denied("opening", path, last_error()));
  FolderLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    Error taken{ErrorKind::conflict,
                fmt::format("another orrery (process {}) uses the data folder {}",
                            read_pid(descriptor), folder)};
    return fail(std::move(taken).remedy(
        "stop it with 'orrery stop', or give this one a folder of its own with --data DIR"));
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  const bool written =
      ::ftruncate(descriptor, 0) == 0 &&
      ::pwrite(descriptor, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  if (!written) return fail(denied("writing", path, last_error()));
  return lock;
}

std::optional<pid_t> holder_of(const std::string& folder) {
  const int descriptor = ::open((folder + "/run/orrery.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const auto pid = std::strtol(read_pid(descriptor).c_str(), nullptr, 10);
  ::close(descriptor);
  return pid > 0 ? std::optional{static_cast<pid_t>(pid)} : std::nullopt;
}

bool wait_for_end(const std::string& folder, Duration patience) {
  const int descriptor = ::open((folder + "/run/orrery.lock").c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return true;
  const auto until = std::chrono::steady_clock::now() + patience;
  bool ended = false;
  // flock has no deadline; a few looks a second cost nothing to a command that waits for a stop.
  while (!(ended = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) &&
         std::chrono::steady_clock::now() < until) {
    ::poll(nullptr, 0, 5);
  }
  ::close(descriptor);
  return ended;
}

}  // namespace orrery::app
