// retry, restart, stop, log level: requests to the running bot.
#include <cstdio>

#include <boost/json.hpp>
#include <poll.h>

#include "app/cli/commands.h"
#include "app/data_folder.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// Long enough for every budget of a start and a stop together.
constexpr auto outcome_patience = 600s;

Exit report(const Common& common, const Result<json::value>& answer, const char* asked) {
  if (!answer) return complain(answer.error(), common);
  const bool ready = answer->at("ready").as_bool();
  if (common.json) {
    print_json(*answer);
  } else {
    std::printf("%s\n", ready ? "ready" : asked);
  }
  return Exit::yes;
}

// A degradable component that did not come back leaves the bot ready; the answer is no all the
// same.
Exit report_component(const Common& common, const json::value& answer, const std::string& name) {
  for (const auto& part : answer.at("components").as_array()) {
    if (part.at("name") != json::value(name) || part.at("state") == json::value("started"))
      continue;
    const auto& reason = part.at("reason");
    return complain({ErrorKind::unavailable,
                     fmt::format("{} is {}: {}", name, part.at("state").as_string().c_str(),
                                 reason.is_string() ? reason.as_string().c_str() : "")},
                    common);
  }
  return report(common, answer, "restarting");
}

}  // namespace

Exit retry(const Common& common, const Retry& options) {
  const auto answer = options.wait ? Client{common}.ask("POST", "/api/runtime/retry?wait=600", "",
                                                        outcome_patience + 10s)
                                   : Client{common}.ask("POST", "/api/runtime/retry");
  return report(common, answer, "retrying");
}

namespace {

// Asks until another program answers there, or this one says why it stayed.
Exit await_successor(const Common& common, const Client& client, const json::value& before) {
  const auto until = std::chrono::steady_clock::now() + outcome_patience;
  while (std::chrono::steady_clock::now() < until) {
    const auto now = client.ask("GET", "/api/stat/runtime-status");
    if (!now && now.error().kind() == ErrorKind::not_found)
      return complain({ErrorKind::unavailable, "the program ended instead of restarting"}, common);
    const bool other = now && now->at("boot") != before.at("boot");
    if (other && now->at("fell_back").is_string()) {
      return complain(
          {ErrorKind::unavailable,
           fmt::format("the new program could not start ({}); the one before runs again",
                       now->at("fell_back").as_string().c_str())},
          common);
    }
    if (other && now->at("ready").as_bool()) return report(common, now, "ready");
    if (other && now->at("failed").as_bool()) {
      Error failed{ErrorKind::unavailable, now->at("failure_message").as_string().c_str()};
      const auto& remedy = now->at("failure_remedy");
      return complain(
          std::move(failed).remedy(remedy.is_string() ? remedy.as_string().c_str() : ""), common);
    }
    ::poll(nullptr, 0, 10);  // it restarts in some ten milliseconds
  }
  return complain({ErrorKind::timeout, "the program did not come back in time"}, common);
}

Exit restart_in_place(const Common& common, const Restart& options) {
  const Client client{common};
  const auto body = json::serialize(json::object{{"in_place", true}});
  const auto begun = client.ask("POST", "/api/runtime/restart", body, 30s);
  if (!begun) return complain(begun.error(), common);
  if (!options.wait) return report(common, begun, "restarting");
  return await_successor(common, client, *begun);
}

}  // namespace

Exit restart(const Common& common, const Restart& options) {
  if (options.in_place) return restart_in_place(common, options);
  const auto body = options.component
                        ? json::serialize(json::object{{"component", *options.component}})
                        : std::string{};
  const auto answer = options.wait ? Client{common}.ask("POST", "/api/runtime/restart?wait=600",
                                                        body, outcome_patience + 10s)
                                   : Client{common}.ask("POST", "/api/runtime/restart", body);
  if (answer && options.wait && options.component)
    return report_component(common, *answer, *options.component);
  return report(common, answer, "restarting");
}

Exit stop(const Common& common) {
  Client client{common};
  const auto answer = client.ask("POST", "/api/runtime/shutdown");
  if (!answer) return complain(answer.error(), common);
  // The socket is the last thing to go but the lock; whoever gets the lock knows that it is over.
  if (!wait_for_end(client.folder(), outcome_patience)) {
    return complain({ErrorKind::timeout, "the bot did not stop in time"}, common);
  }
  if (common.json) {
    print_json({{"stopped", true}});
  } else {
    std::printf("stopped\n");
  }
  return Exit::yes;
}

Exit log_level(const Common& common, const LogLevel& options) {
  const Client client{common};
  const auto answer = options.level
                          ? client.ask("PUT", "/api/log/level",
                                       json::serialize(json::object{{"level", *options.level}}))
                          : client.ask("GET", "/api/log/level");
  if (!answer) return complain(answer.error(), common);
  if (common.json) {
    print_json(*answer);
  } else {
    std::printf("%s\n", answer->at("level").as_string().c_str());
  }
  return Exit::yes;
}

Exit version(const Common& common) {
  if (common.json) {
    print_json({{"name", "orrery"}, {"version", ORRERY_VERSION}});
  } else {
    std::printf("orrery %s\n", ORRERY_VERSION);
  }
  return Exit::yes;
}

}  // namespace orrery::app::cli
