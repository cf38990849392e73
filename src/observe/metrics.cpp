#include "observe/metrics.h"

#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

namespace orrery::observe {

struct Metrics::State {
  std::mutex mutex;
  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, std::map<Labels, prometheus::Gauge*>> series;
};

Metrics::Metrics() : state_{std::make_unique<State>()} {}
Metrics::~Metrics() = default;

void Metrics::count(const std::string& name, const std::string& help, const Labels& labels,
                    double by) {
  const std::lock_guard lock{state_->mutex};
  auto& family = state_->counters[name];
  if (family == nullptr)
    family = &prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
  family->Add(labels).Increment(by);
}

void Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels,
                    double value) {
  const std::lock_guard lock{state_->mutex};
  auto& family = state_->gauges[name];
  if (family == nullptr)
    family = &prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  auto& gauge = state_->series[name][labels];
  if (gauge == nullptr) gauge = &family->Add(labels);
  gauge->Set(value);
}

void Metrics::clear(const std::string& name) {
  const std::lock_guard lock{state_->mutex};
  const auto family = state_->gauges.find(name);
  if (family == state_->gauges.end()) return;
  for (const auto& [labels, gauge] : state_->series[name]) family->second->Remove(gauge);
  state_->series.erase(name);
}

void Metrics::sample_process() {
  const auto sample = observe::sample_process();
  gauge("process_resident_memory_bytes", "Resident memory.", {}, sample.resident_bytes);
  gauge("process_open_fds", "Open file descriptors.", {}, sample.open_descriptors);
  gauge("process_threads", "Threads.", {}, sample.threads);
  gauge("process_cpu_seconds", "Processor time used.", {}, sample.cpu_seconds);
  gauge("process_start_time_seconds", "When the process started.", {}, sample.start_time_seconds);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

namespace {

// The fields of /proc/self/stat after the command, which may hold spaces and parentheses.
std::vector<double> stat_fields() {
  std::ifstream in{"/proc/self/stat"};
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream rest{text.substr(text.rfind(')') + 2)};
  std::string state;
  rest >> state;
  std::vector<double> fields;
  for (double field = 0; rest >> field;) fields.push_back(field);
  return fields;
}

double boot_time() {
  std::ifstream in{"/proc/stat"};
  for (std::string word; in >> word;) {
    if (word == "btime") {
      double seconds = 0;
      in >> seconds;
      return seconds;
    }
  }
  return 0;
}

double count_descriptors() {
  double count = -1;  // the iteration's own
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    ++count;
  return count;
}

}  // namespace

// Source: proc(5). The fields count from "state", the third of the file.
ProcessSample sample_process() {
  ProcessSample sample;
  const auto fields = stat_fields();
  if (fields.size() < 21) return sample;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  sample.cpu_seconds = (fields[10] + fields[11]) / ticks;
  sample.threads = fields[16];
  sample.start_time_seconds = boot_time() + fields[18] / ticks;
  sample.resident_bytes = fields[20] * static_cast<double>(sysconf(_SC_PAGESIZE));
  sample.open_descriptors = count_descriptors();
  return sample;
}

}  // namespace orrery::observe
