#include "app/child.h"

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace orrery::app {
namespace {

constexpr std::size_t output_limit = 64U << 10U;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    close_writing();
  }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() { ::close(std::exchange(ends_[1], -1)); }

 private:
  int ends_[2];
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// The child hears every signal, whatever we have blocked, and speaks into the pipe.
Result<pid_t> spawn(const Invocation& invocation, const Pipe& pipe) {
  auto arguments = invocation.arguments;
  std::vector<std::string> entries;
  for (const auto& [name, value] : invocation.environment)
    entries.push_back(fmt::format("{}={}", name, value));
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipe.writing(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, pipe.writing(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, invocation.program.c_str(), &files, &attributes,
                                  pointers(arguments).data(), pointers(entries).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == 0) return child;
  return fail(ErrorKind::unavailable, "{} cannot be run: {}", invocation.program,
              std::strerror(error));
}

// Wakes a poll from another thread.
class Bell {
 public:
  Bell() : descriptor_{::eventfd(0, EFD_CLOEXEC)} {}
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() { ::close(descriptor_); }
  void ring() const { ::eventfd_write(descriptor_, 1); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

enum class Why { ended, late, called_off };

// Reads until the child has ended. Its end is a descriptor, too: one that closes its output and
// hangs is not taken for one that is done.
Why follow(int output, int child, int bell, TimePoint deadline, std::string& text) {
  bool open = true;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd wanted[] = {{bell, POLLIN, 0}, {child, POLLIN, 0}, {open ? output : -1, POLLIN, 0}};
    if (left.count() <= 0 || ::poll(wanted, 3, static_cast<int>(left.count())) == 0)
      return Why::late;
    if (wanted[0].revents != 0) return Why::called_off;
    if (wanted[2].revents != 0) {
      char buffer[4096];
      const auto size = ::read(output, buffer, sizeof buffer);
      open = size > 0;
      if (open && text.size() < output_limit) text.append(buffer, static_cast<std::size_t>(size));
    } else if (wanted[1].revents != 0) {
      return Why::ended;
    }
  }
}

}  // namespace

Result<Ended> run_to_end(const Invocation& invocation, Duration patience,
                         const async::StopToken& token) {
  Pipe pipe;
  const Bell bell;
  const auto calling_off = token.subscribe([&bell] { bell.ring(); });
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto child = spawn(invocation, pipe);
  if (!child) return fail(child.error());
  pipe.close_writing();
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, *child, 0));
  Ended ended;
  const auto why = follow(pipe.reading(), handle, bell.descriptor(), deadline, ended.output);
  if (why != Why::ended) ::kill(*child, SIGKILL);
  ::close(handle);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
  if (why == Why::late)
    return fail(ErrorKind::timeout, "{} did not end in time", invocation.program);
  if (why == Why::called_off)
    return fail(ErrorKind::cancelled, "{} was not waited for", invocation.program);
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  return ended;
}

}  // namespace orrery::app
