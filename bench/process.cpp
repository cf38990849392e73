#include "process.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace orrery::bench {

Process::Process(const std::vector<std::string>& command) : began_{Clock::now()}, pid_{::fork()} {
  if (pid_ != 0) return;
  const int null = ::open("/dev/null", O_RDWR);
  for (const int stream : {0, 1, 2}) ::dup2(null, stream);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

Process::~Process() {
  if (pid_ > 0) end(SIGKILL);
}

double Process::resident_megabytes() const {
  std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

double Process::end(int signal) {
  const auto began = Clock::now();
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

namespace {

bool ask_once(int port, const std::string& path) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool good = false;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const auto request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[16] = {};
    good = ::write(descriptor, request.data(), request.size()) > 0 &&
           ::read(descriptor, answer, sizeof answer - 1) > 12 &&
           std::string{answer}.substr(9, 3) == "200";
  }
  ::close(descriptor);
  return good;
}

}  // namespace

std::optional<double> until_ok(int port, const std::string& path, Clock::time_point began) {
  while (Clock::now() - began < std::chrono::seconds{10}) {
    if (ask_once(port, path))
      return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    const timespec pause{.tv_sec = 0, .tv_nsec = 50'000};
    ::nanosleep(&pause, nullptr);
  }
  return std::nullopt;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace orrery::bench
