#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

using namespace lifecycle;

constexpr State states[] = {State::created,          State::core_starting, State::core_ready,
                            State::runtime_starting, State::runtime_ready, State::draining,
                            State::stopping,         State::stopped,       State::runtime_failed,
                            State::core_failed,      State::rolling_back,  State::stuck};

// Everything comes from one snapshot, so the numbers of one scrape agree with each other.
void sample_lifecycle(const Snapshot& s, observe::Metrics& metrics) {
  for (const auto state : states) {
    metrics.gauge("orrery_state", "1 for the state the engine is in.",
                  {{"state", std::string{name_of(state)}}}, state == s.state ? 1 : 0);
  }
  metrics.gauge("orrery_ready", "1 while work may be given.", {}, s.ready ? 1 : 0);
  metrics.gauge("orrery_generation", "Times the runtime was brought up.", {}, s.generation);
  metrics.gauge("orrery_degraded", "Parts that are missing or degraded.", {},
                static_cast<double>(s.degraded.size()));
  metrics.gauge("orrery_survivors", "Hooks that ignored their cancellation and are alive.", {},
                static_cast<double>(s.survivors.size()));
  for (NodeId id = 0; id < s.parts.size(); ++id) {
    const observe::Labels labels{{"component", (*s.graph)[id].name}};
    const PartView& part = s.parts[id];
    metrics.gauge("orrery_component_started", "1 while the component is started.", labels,
                  part.state == PartState::started ? 1 : 0);
    metrics.gauge("orrery_component_incarnation", "Times the component was started.", labels,
                  part.incarnation);
    if (part.entered && part.settled_at >= part.entered_at) {
      metrics.gauge("orrery_component_start_seconds", "How long its last start took.", labels,
                    milliseconds(part.settled_at - part.entered_at) / 1000);
    }
  }
}

void sample_database(const storage::DatabaseNumbers& numbers, observe::Metrics& metrics) {
  const auto set = [&](const char* name, const char* help, double value) {
    metrics.gauge(name, help, {}, value);
  };
  set("orrery_database_calls", "Calls of the database since the start.",
      static_cast<double>(numbers.calls));
  set("orrery_database_failures", "Those that failed.", static_cast<double>(numbers.failures));
  set("orrery_database_slow_calls", "Those that took longer than database.slow_statement.",
      static_cast<double>(numbers.slow));
  set("orrery_database_seconds", "Time spent inside the database.",
      static_cast<double>(numbers.nanoseconds) / 1e9);
  set("orrery_database_connections", "Open connections.", static_cast<double>(numbers.connections));
  set("orrery_database_busy", "Connections at work.", static_cast<double>(numbers.busy));
  set("orrery_database_waiting", "Calls that wait for a connection.",
      static_cast<double>(numbers.waiting));
}

}  // namespace

void add_metrics_routes(Router& router, RuntimeControl& runtime, observe::Metrics& metrics) {
  const auto serve = [](RuntimeControl* control,
                        observe::Metrics* numbers) -> asio::awaitable<net::Response> {
    if (!control->configuration().settings().metrics.enabled)
      co_return problem(404, "metrics.enabled is false");
    sample_lifecycle(*control->snapshot(), *numbers);
    sample_database(control->database_numbers(), *numbers);
    numbers->sample_process();
    auto response = text(200, numbers->text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return response;
  };
  const Router::Call<Public> call = [serve, &runtime, &metrics](net::Request, Public) {
    return serve(&runtime, &metrics);
  };
  router.add("GET", "/metrics", call);
}

}  // namespace orrery::web
