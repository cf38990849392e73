#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

using namespace lifecycle;

struct Check {
  std::string name;
  bool good;
  std::string state;  // never the text of a failure: probes are public
};

net::Response answer(std::string_view probe, bool good, const std::vector<Check>& checks,
                     const net::Request& request) {
  const bool verbose = request.parameter("verbose").has_value();
  if (!verbose)
    return text(good ? 200 : 503, good ? "ok\n" : fmt::format("{} check failed\n", probe));
  std::string body;
  for (const auto& check : checks) {
    body += fmt::format("[{}] {}: {}\n", check.good ? '+' : '-', check.name, check.state);
  }
  body += fmt::format("{} check {}\n", probe, good ? "passed" : "failed");
  return text(good ? 200 : 503, std::move(body));
}

std::string state_of(const PartView& part) {
  std::string state{name_of(part.state)};
  if (part.slow) state += ", slow";
  if (part.state == PartState::starting && part.entered) {
    state += " for " + human(std::chrono::steady_clock::now() - part.entered_at);
  }
  return state;
}

std::vector<Check> readiness_checks(RuntimeControl& runtime) {
  const auto s = runtime.snapshot();
  std::vector<Check> checks{{"engine", s->ready, std::string{name_of(s->state)}}};
  if (s->stop_requested) checks.push_back({"stop", false, "requested"});
  for (NodeId id = 0; id < s->parts.size(); ++id) {
    const bool good = s->parts[id].state == PartState::started || !(*s->graph)[id].critical();
    checks.push_back({(*s->graph)[id].name, good, state_of(s->parts[id])});
  }
  return checks;
}

// Green until the process ends: that the loop answers is the check. A bot that waits to be repaired
// must not be killed for it.
asio::awaitable<net::Response> livez(net::Request request, Public) {
  const std::vector<Check> checks{{"control loop", true, "running"}, {"engine", true, "running"}};
  co_return answer("livez", true, checks, request);
}

asio::awaitable<net::Response> startupz(net::Request request, Public) {
  const std::vector<Check> checks{{"core", true, "started"}};
  co_return answer("startupz", true, checks, request);
}

class Probes {
 public:
  explicit Probes(RuntimeControl& runtime) : runtime_{&runtime} {}
  asio::awaitable<net::Response> readyz(net::Request request) const {
    co_return answer("readyz", runtime_->ready(), readiness_checks(*runtime_), request);
  }

 private:
  RuntimeControl* runtime_;
};

}  // namespace

void add_probe_routes(Router& router, RuntimeControl& runtime) {
  const Probes probes{runtime};
  const Router::Call<Public> live = livez;
  const Router::Call<Public> startup = startupz;
  const Router::Call<Public> ready = [probes](net::Request r, Public) {
    return probes.readyz(std::move(r));
  };
  router.add("GET", "/livez", live);
  router.add("GET", "/startupz", startup);
  router.add("GET", "/readyz", ready);
}

}  // namespace orrery::web
