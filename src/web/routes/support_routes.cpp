#include <boost/json.hpp>
#include <sys/utsname.h>

#include "async/workers.h"
#include "observe/metrics.h"
#include "observe/redactor.h"
#include "web/archive.h"
#include "web/reply.h"
#include "web/routes/routes.h"
#include "web/status_json.h"

namespace orrery::web {
namespace {

namespace json = boost::json;

constexpr std::string_view about =
    "What this is\n"
    "  The condition of an Orrery bot at one moment, for somebody who helps you with it.\n\n"
    "What is in it\n"
    "  status.json         each component, its state, the reason and what to do\n"
    "  timeline.json       how long each took, and the critical path\n"
    "  graph.json          who needs whom\n"
    "  starts.json         how earlier starts went\n"
    "  configuration.toml  the settings in force and where each comes from\n"
    "  log.jsonl           the last lines of the log\n"
    "  machine.txt         versions, memory, the names of the program's environment variables\n\n"
    "What is not in it\n"
    "  Tokens, passwords and other secrets: they are taken out before anything is written.\n"
    "  Messages and accounts. Look through it all the same before you give it away.\n";

std::string machine_text() {
  utsname system{};
  ::uname(&system);
  const auto process = observe::sample_process();
  return fmt::format(
      "orrery {}\n{} {} {}\nmemory {:.1f} MB, threads {}, open descriptors {}, processor {:.2f} "
      "s\n",
      ORRERY_VERSION, static_cast<const char*>(system.sysname),
      static_cast<const char*>(system.release), static_cast<const char*>(system.machine),
      process.resident_bytes / 1e6, process.threads, process.open_descriptors, process.cpu_seconds);
}

// Names only: a value may be a secret that nobody has told us of.
std::string names_of(const std::map<std::string, std::string>& environment) {
  std::string text = "environment variables:";
  for (const auto& [name, value] : environment) text += " " + name;
  return text + "\n";
}

class SupportRoutes {
 public:
  SupportRoutes(RuntimeControl& runtime, const observe::LogTail& tail, const Starts& starts)
      : runtime_{runtime}, tail_{tail}, starts_{starts} {}

  asio::awaitable<net::Response> bundle() {
    const auto& settings = runtime_.configuration().settings();
    std::move_only_function<Result<std::string>()> job =
        [files = files(), redact = observe::Redactor{config::secrets_of(settings)}]() mutable {
          for (auto& file : files) file.text = redact(std::move(file.text));
          return zip(files);
        };
    auto packing = packing_.run<std::string>(std::move(job));
    auto packed = co_await std::move(packing);
    if (!packed) co_return problem(packed.error());
    co_return net::Response{
        .status = 200,
        .content_type = "application/zip",
        .body = std::move(*packed),
        .headers = {{"Content-Disposition", "attachment; filename=orrery-support.zip"}}};
  }

 private:
  std::vector<ArchiveFile> files() {
    const auto& configuration = runtime_.configuration();
    std::string log;
    for (const auto& line : tail_.last(std::size_t(-1)).lines) log.append(*line).append("\n");
    return {{"README.txt", std::string{about}},
            {"status.json", json::serialize(status_json(runtime_))},
            {"timeline.json", json::serialize(timeline_json(runtime_))},
            {"graph.json", json::serialize(graph_json(runtime_))},
            {"starts.json", json::serialize(starts_.all())},
            {"configuration.toml", config::show(*configuration.current())},
            {"log.jsonl", std::move(log)},
            {"machine.txt", machine_text() + names_of(configuration.sources().environment)}};
  }

  RuntimeControl& runtime_;
  const observe::LogTail& tail_;
  const Starts& starts_;
  async::Workers packing_{"support", 1, 2};
};

}  // namespace

void add_support_routes(Router& router, RuntimeControl& runtime, const observe::LogTail& tail,
                        const Starts& starts) {
  const auto routes = std::make_shared<SupportRoutes>(runtime, tail, starts);
  const Router::Call<SignedIn> call = [routes](net::Request, SignedIn) { return routes->bundle(); };
  router.add("GET", "/api/runtime/support-bundle", call, Scope::manage);
}

}  // namespace orrery::web
