#include "isolation.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.h"

namespace orrery::sim {
namespace {

// What fits through a pipe at once.
struct Message {
  std::uint64_t hash;
  std::uint32_t steps;
  char violation[1000];
};

[[noreturn]] void live_and_report(const std::function<Verdict()>& live, int pipe) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
  const auto verdict = live();
  Message message{verdict.hash, verdict.steps, {}};
  if (verdict.violation) {
    std::strncpy(message.violation, verdict.violation->c_str(), sizeof message.violation - 1);
  }
  const auto written = write(pipe, &message, sizeof message);
  _exit(written == sizeof message ? 0 : 1);
}

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(2);
}

// One at a time: a child of another thread must not inherit the end that we write to.
pid_t start(const std::function<Verdict()>& live, int (&ends)[2]) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock{one_at_a_time};
  if (pipe(ends) != 0) give_up("there is no pipe left");
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) give_up("there is no process left");
  if (child == 0) {
    setpgid(0, 0);
    close(ends[0]);
    live_and_report(live, ends[1]);
  }
  setpgid(child, child);  // whoever comes first
  close(ends[1]);
  return child;
}

}  // namespace

Verdict isolated(const std::function<Verdict()>& live, std::chrono::seconds patience) {
  int ends[2];
  const pid_t child = start(live, ends);
  pollfd ready{ends[0], POLLIN, 0};
  const int answered = poll(&ready, 1, static_cast<int>(patience.count() * 1000));
  Message message{};
  const bool whole = answered == 1 && read(ends[0], &message, sizeof message) == sizeof message;
  if (!whole && answered == 0) kill(-child, SIGKILL);  // and whatever it has started
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (answered == 0) return {"crash: it never ends", 0, 0};
  if (!whole && WIFSIGNALED(status)) {
    return {fmt::format("crash: ended by signal {}", WTERMSIG(status)), 0, 0};
  }
  if (!whole) return {fmt::format("crash: exit {}", WEXITSTATUS(status)), 0, 0};
  Verdict verdict{std::nullopt, message.hash, message.steps};
  if (message.violation[0] != '\0') verdict.violation = message.violation;
  return verdict;
}

}  // namespace orrery::sim
