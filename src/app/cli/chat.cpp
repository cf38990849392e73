#include <cstdio>
#include <iostream>

#include <boost/json.hpp>
#include <poll.h>

#include "app/cli/commands.h"
#include "core/text.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name)
    fmt::format_to(std::back_inserter(text), "%{:02X}", static_cast<unsigned char>(c));
  return text;
}

// One conversation with the bot, from a terminal.
class Talk {
 public:
  Talk(const Common& common, const Chat& options)
      : common_{common}, options_{options}, client_{common} {}

  Exit run() {
    if (options_.as &&
        (options_.as->empty() || options_.as->size() > 64 || !is_utf8(*options_.as))) {
      return complain({ErrorKind::invalid, "a name has 1 to 64 characters"}, common_);
    }
    deadline_ = std::chrono::steady_clock::now() + options_.timeout;
    if (auto opened = open(); !opened) return complain(opened.error(), common_);
    if (options_.message) return say(*options_.message);
    Exit worst = Exit::yes;
    for (std::string line; std::getline(std::cin, line);) {
      deadline_ = std::chrono::steady_clock::now() + options_.timeout;
      const auto end = say(line);
      if (end != Exit::yes) worst = end;
    }
    return worst;
  }

 private:
  Duration patience() const {
    return std::max<Duration>(1ms, deadline_ - std::chrono::steady_clock::now());
  }
  // `orrery run` in another terminal may have been typed a moment ago.
  bool may_yet_come() const {
    const auto moment = deadline_ - options_.timeout + std::min<Duration>(options_.timeout, 1s);
    return std::chrono::steady_clock::now() < moment;
  }
  bool out_of_time() const { return std::chrono::steady_clock::now() >= deadline_; }

  // Waits for readiness: asks again until the bot is ready, or cannot become so in time.
  Result<> open() {
    const auto target =
        "/api/chat/ws" + (options_.as ? "?as=" + escaped(*options_.as) : std::string{});
    std::optional<json::value> last;  // what the bot said of itself last
    while (true) {
      auto status = client_.ask("GET", "/api/stat/runtime-status", "", patience());
      const bool absent = !status && status.error().kind() == ErrorKind::not_found;
      if (!status && last && status.error().kind() == ErrorKind::timeout) return not_ready(*last);
      if (!status && !(absent && may_yet_come())) return fail(std::move(status).error());
      if (absent) {
        ::poll(nullptr, 0, 20);
        continue;
      }
      if (status->at("ready").as_bool()) {
        auto socket = client_.socket().converse(target, patience());
        if (!socket) return fail(std::move(socket).error());
        socket_ = std::move(*socket);
        return {};
      }
      if (out_of_time()) return not_ready(*status);
      last = std::move(*status);
      ::poll(nullptr, 0, 20);
    }
  }

  static Result<> not_ready(const json::value& status) {
    const auto& message = status.at("failure_message");
    if (message.is_string()) {
      Error error{ErrorKind::unavailable,
                  "the bot could not start: " + std::string{message.as_string()}};
      return fail(std::move(error).remedy("see 'orrery status'; when it is mended: orrery retry"));
    }
    return fail(ErrorKind::timeout, "the bot was not ready in time: {}",
                std::string_view{status.at("phase_state").as_string()});
  }

  Exit say(const std::string& text) {
    if (!is_utf8(text))
      return complain({ErrorKind::invalid, "the message is not valid UTF-8"}, common_);
    const auto id = std::to_string(++said_);
    if (auto sent = socket_->send(
            json::serialize(json::object{{"type", "message"}, {"id", id}, {"text", text}}));
        !sent) {
      return complain(sent.error(), common_);
    }
    return listen(id);
  }

  Exit listen(const std::string& id) {
    bool answered = false;
    while (!out_of_time()) {
      const auto heard = socket_->read(patience());
      if (!heard) return complain(read_error(heard.error()), common_);
      const auto message = json::parse(*heard);
      const auto type = std::string{message.at("type").as_string()};
      if (common_.json) print_json(message);
      if (type == "error")
        return complain({ErrorKind::limited, std::string{message.at("message").as_string()}},
                        common_);
      if (type == "reply" && message.at("to") == json::value(id)) {
        answered = true;
        if (!common_.json) std::printf("%s\n", message.at("text").as_string().c_str());
      }
      if (type == "handled" && message.at("id") == json::value(id))
        return end(answered, std::string{message.at("outcome").as_string()});
    }
    return complain({ErrorKind::timeout, "no answer in time"}, common_);
  }

  Error read_error(const Error& error) const {
    if (socket_->close_code() == 1013)
      return {ErrorKind::unavailable, "the bot is not ready any more"};
    return error;
  }

  Exit end(bool answered, const std::string& outcome) const {
    if (!answered && !common_.json) std::fprintf(stderr, "orrery: nothing answered\n");
    return answered && outcome == "answered" ? Exit::yes : Exit::no;
  }

  const Common& common_;
  const Chat& options_;
  Client client_;
  TimePoint deadline_{};
  std::unique_ptr<net::LocalWebSocket> socket_;
  int said_ = 0;
};

}  // namespace

Exit chat(const Common& common, const Chat& options) { return Talk{common, options}.run(); }

}  // namespace orrery::app::cli
