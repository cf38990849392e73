// A program under the stopwatch.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace orrery::bench {

using Clock = std::chrono::steady_clock;

class Process {
 public:
  // Starts the program with its output thrown away; `began` is taken right before.
  explicit Process(const std::vector<std::string>& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Clock::time_point began() const { return began_; }
  double resident_megabytes() const;
  // Sends TERM (or KILL) and returns the milliseconds until it has ended.
  double end(int signal);

 private:
  Clock::time_point began_;
  pid_t pid_;
};

// Asks for the path until the answer is 200; the milliseconds since `began`, or nothing after 10 s.
std::optional<double> until_ok(int port, const std::string& path, Clock::time_point began);

double median(std::vector<double> values);

}  // namespace orrery::bench
