#include "storage/postgres/tool.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/text.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to us

namespace orrery::storage::postgres {

using namespace std::chrono_literals;

namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

struct Child {
  pid_t pid = -1;
  int said = -1;  // what it writes to standard error
};

Result<Child> spawn(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    return fail(ErrorKind::limited, "no pipe for {}: {}", command[0], std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  Child child{.pid = -1, .said = pipe[0]};
  const auto arguments = pointers(command);
  const auto variables = pointers(environment);
  // Our threads hear no signals; it must.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int code = ::posix_spawnp(&child.pid, command[0].c_str(), &actions, &attributes,
                                  arguments.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (code == 0) return child;
  ::close(pipe[0]);
  Error missing{ErrorKind::unsupported,
                fmt::format("{} cannot be run: {}", command[0], std::strerror(code))};
  return fail(std::move(missing).remedy("install it: apt-get install postgresql-client"));
}

// Its last words, kept short.
void listen(const Child& child, std::string& words) {
  char buffer[4096];
  pollfd pipe{.fd = child.said, .events = POLLIN, .revents = 0};
  ::poll(&pipe, 1, 20);
  for (ssize_t n = 0; (n = ::read(child.said, buffer, sizeof buffer)) > 0;)
    words.append(buffer, static_cast<std::size_t>(n));
  if (words.size() > 4096) words.erase(0, words.size() - 4096);
}

// Of what it said, the first line that tells of an error; else the first. Other lines explain it.
std::string telling_line(std::string_view words) {
  const auto lines = split(trim(words), '\n');
  for (const auto line : lines) {
    for (const std::string_view mark : {"ERROR:", "FATAL:", "error:"}) {
      const auto at = line.find(mark);
      if (at != std::string_view::npos) return printable(trim(line.substr(at + mark.size())));
    }
  }
  return printable(trim(lines.front()));
}

}  // namespace

std::vector<std::string> environment_of(const Address& address) {
  std::vector<std::string> variables{"PGAPPNAME=orrery"};
  for (const auto& [name, value] : address.environment)
    variables.push_back(fmt::format("{}={}", name, value.reveal()));
  return variables;
}

Result<> run_tool(const std::vector<std::string>& command, const Address& address,
                  const Patience& patience) {
  std::vector<std::string> environment;
  // What the URL leaves open is found where our own connections find it.
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view name{*variable, std::strcspn(*variable, "=")};
    if (!address.environment.contains(std::string{name})) environment.emplace_back(*variable);
  }
  for (auto& variable : environment_of(address)) environment.push_back(std::move(variable));
  auto child = spawn(command, environment);
  if (!child) return fail(std::move(child).error());
  std::string words;
  int status = 0;
  bool ended_early = false;
  while (::waitpid(child->pid, &status, WNOHANG) == 0) {
    listen(*child, words);
    if (!patience.over() || ended_early) continue;
    ended_early = true;
    ::kill(child->pid, SIGKILL);
  }
  listen(*child, words);
  ::close(child->said);
  if (ended_early) {
    return fail(patience.token.requested() ? ErrorKind::cancelled : ErrorKind::timeout,
                "{} was ended: it was not finished in time", command[0]);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorKind::unavailable, "{} on {}: {}", command[0], address.shown(),
              telling_line(words));
}

}  // namespace orrery::storage::postgres
