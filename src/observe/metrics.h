// Numbers for Prometheus, over prometheus-cpp's registry.
//
// Threads   all operations from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace orrery::observe {

using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // Adds to a counter; the first call with a name makes it.
  void count(const std::string& name, const std::string& help, const Labels& labels = {},
             double by = 1);
  void gauge(const std::string& name, const std::string& help, const Labels& labels, double value);
  // Forgets every series of a gauge, before it is set anew from a snapshot.
  void clear(const std::string& name);

  // Reads memory, descriptors, threads and processor time of this process into gauges.
  void sample_process();

  // Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ProcessSample {
  double resident_bytes = 0;
  double open_descriptors = 0;
  double threads = 0;
  double cpu_seconds = 0;
  double start_time_seconds = 0;  // since the epoch
};
ProcessSample sample_process();

}  // namespace orrery::observe
