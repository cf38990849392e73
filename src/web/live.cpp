#include "web/live.h"

#include <charconv>

#include <boost/json.hpp>

#include "web/status_json.h"

namespace orrery::web {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto pause_between = 20ms;
constexpr auto patience = 15s;
constexpr std::size_t log_limit = 4096;
constexpr std::size_t lines_at_first = 1000;

std::shared_ptr<const std::string> event(std::string_view name, const std::string& data,
                                         const std::string& id = {}) {
  auto text = fmt::format("event: {}\n", name);
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  return std::make_shared<const std::string>(text.append("data: ").append(data).append("\n\n"));
}

}  // namespace

std::optional<Topic> topic_named(std::string_view name) {
  if (name == "status") return Topic::status;
  if (name == "numbers") return Topic::numbers;
  if (name == "log") return Topic::log;
  return std::nullopt;
}

void Live::touch() {
  if (watchers_.empty() || waiting_) return;
  const auto due = told_at_ + pause_between;
  if (clock_.now() >= due) return tell_status();
  waiting_ = true;
  later_ = clock_.arm(due, [this] {
    waiting_ = false;
    tell_status();
  });
}

void Live::tell_status() {
  told_at_ = clock_.now();
  const auto piece = event("status", json::serialize(status_json(runtime_)));
  for (const auto& watcher : watchers_) {
    if (!watcher->topics.contains(Topic::status)) continue;
    watcher->status = piece;
    watcher->wake.set(async::WaitEnd::done);
  }
}

void Live::new_numbers(const Numbers& numbers) {
  if (watchers_.empty()) return;
  const auto piece = event("numbers", json::serialize(to_json(numbers)));
  for (const auto& watcher : watchers_) {
    if (!watcher->topics.contains(Topic::numbers)) continue;
    watcher->numbers = piece;
    watcher->wake.set(async::WaitEnd::done);
  }
}

void Live::new_lines() {
  const auto lines = tail_.take(next_line_, std::size_t(-1));
  next_line_ = lines.next();
  if (watchers_.empty() || lines.lines.empty()) return;
  const auto piece = log_piece(lines);
  for (const auto& watcher : watchers_) {
    if (!watcher->topics.contains(Topic::log)) continue;
    if (watcher->log.size() >= log_limit) {
      watcher->missed += watcher->log.front().lines;
      watcher->log.pop_front();
    }
    watcher->log.push_back({piece, lines.lines.size()});
    watcher->wake.set(async::WaitEnd::done);
  }
}

Live::Piece Live::log_piece(const observe::LogTail::Lines& lines) const {
  std::string data = "[";
  for (const auto& line : lines.lines) {
    if (data.size() > 1) data += ',';
    data += *line;
  }
  data += ']';
  return event("log", data, fmt::format("{}:{}", runtime_.boot().id, lines.next() - 1));
}

// The condition as it is, and the log from where the watcher has it.
void Live::first_words(Watcher& watcher, const Wish& wish) {
  if (watcher.topics.contains(Topic::status))
    watcher.status = event("status", json::serialize(status_json(runtime_)));
  if (!watcher.topics.contains(Topic::log)) return;
  const auto colon = wish.last_id.find(':');
  std::uint64_t last = 0;
  if (colon != std::string::npos && wish.last_id.substr(0, colon) == runtime_.boot().id) {
    const auto number = wish.last_id.substr(colon + 1);
    std::from_chars(number.data(), number.data() + number.size(), last);
  }
  auto lines = last > 0 ? tail_.take(last + 1, std::size_t(-1)) : tail_.last(lines_at_first);
  while (lines.next() > next_line_ && !lines.lines.empty()) lines.lines.pop_back();  // told to all
  if (!lines.lines.empty()) watcher.log.push_back({log_piece(lines), lines.lines.size()});
}

Live::Watchers::iterator Live::enter(const Wish& wish) {
  auto watcher = std::make_shared<Watcher>();
  watcher->topics = wish.topics;
  first_words(*watcher, wish);
  return watchers_.insert(watchers_.end(), std::move(watcher));
}

// Everything that waits for this watcher as one piece; null if nothing does.
Live::Piece Live::next(Watcher& watcher) {
  watcher.wake = {};
  if (watcher.status && watcher.log.empty() && !watcher.numbers)
    return std::exchange(watcher.status, nullptr);
  std::string all;
  if (const auto missed = std::exchange(watcher.missed, 0))
    all += *event("gap", fmt::format("{{\"missed\":{}}}", missed));
  for (auto* piece : {&watcher.status, &watcher.numbers}) {
    if (const auto taken = std::exchange(*piece, nullptr)) all += *taken;
  }
  for (const auto& piece : watcher.log) all += *piece.event;
  watcher.log.clear();
  return all.empty() ? nullptr : std::make_shared<const std::string>(std::move(all));
}

asio::awaitable<void> Live::stream(Wish wish, std::shared_ptr<net::BodyWriter> writer,
                                   async::StopToken token) {
  static const auto hello = std::make_shared<const std::string>("retry: 500\n\n");
  static const auto still_here = std::make_shared<const std::string>(": still here\n\n");
  const auto place = enter(wish);
  const auto& watcher = *place;
  auto piece = hello;
  bool reading = true;
  while (reading && !token.requested()) {
    if (piece) {
      auto writing = writer->write(std::move(piece));
      const auto written = co_await std::move(writing);
      reading = written.has_value();
    }
    piece = next(*watcher);
    if (piece || !reading) continue;
    auto waiting = async::wait(watcher->wake, clock_, clock_.now() + patience, token);
    const auto end = co_await std::move(waiting);
    if (end == async::WaitEnd::deadline) piece = still_here;
  }
  watchers_.erase(place);
  if (!reading) co_return;
  const auto reason = wish.session.requested() ? std::string{"signed_out"} : reason_;
  const auto bye = event("bye", fmt::format("{{\"reason\":\"{}\"}}", reason));
  auto ending = writer->write(bye);
  [[maybe_unused]] const auto told = co_await std::move(ending);
}

}  // namespace orrery::web
