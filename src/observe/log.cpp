#include "observe/log.h"

#include <boost/json.hpp>
#include <fmt/color.h>
#include <fmt/format.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <unistd.h>

#include "async/thread.h"
#include "core/text.h"

namespace orrery::observe {
namespace {

constexpr std::size_t limit = 8192;

std::string human_value(const Field& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    const auto shown = printable(*text);
    const bool plain = !shown.empty() && shown.find_first_of(" \"=") == std::string::npos;
    return plain ? shown : "\"" + shown + "\"";
  }
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&field.value)) return fmt::format("{:.3f}", *real);
  return std::get<bool>(field.value) ? "true" : "false";
}

fmt::color color_of(Level level) {
  switch (level) {
    case Level::debug:
      return fmt::color::gray;
    case Level::info:
      return fmt::color::medium_sea_green;
    case Level::warn:
      return fmt::color::golden_rod;
    case Level::error:
      return fmt::color::indian_red;
  }
  std::unreachable();
}

std::string human_line(const Event& event) {
  const auto time = iso8601(event.at);
  auto line =
      fmt::format("{} {} {:<9} {}", time.substr(11, 12),
                  fmt::format(fmt::fg(color_of(event.level)), "{:<5}", name_of(event.level)),
                  event.module, printable(event.fact));
  for (const auto& field : event.fields) {
    line += fmt::format("  {}={}", fmt::format(fmt::fg(fmt::color::gray), "{}", field.key),
                        human_value(field));
  }
  return line;
}

std::string json_line(const Event& event) {
  boost::json::object line{{"time", iso8601(event.at)},
                           {"level", name_of(event.level)},
                           {"module", event.module},
                           {"fact", event.fact}};
  for (const auto& field : event.fields) {
    line[field.key] = std::visit([](const auto& v) { return boost::json::value(v); }, field.value);
  }
  return boost::json::serialize(line);
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody listens any more: there is nowhere to say so
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string format_line(const Event& event, Format format) {
  return format == Format::human ? human_line(event) : json_line(event);
}

// What the thread writes to. Shared with it, because a thread that hangs in a write is left behind.
struct Log::Sinks {
  explicit Sinks(const Options& options) : format{options.format} {
    if (!options.file) return;
    try {
      file = std::make_unique<spdlog::sinks::rotating_file_sink_st>(*options.file, 8U << 20U, 3);
      file->set_pattern("%v");
    } catch (const spdlog::spdlog_ex& e) {
      complain(e.what());
    }
  }
  void write(const Event& event, const std::string& json) {
    write_all(STDERR_FILENO, (format == Format::json ? json : human_line(event)) + "\n");
    if (!file) return;
    try {
      file->log(spdlog::details::log_msg{"", spdlog::level::info, json});
      file->flush();
    } catch (const spdlog::spdlog_ex& e) {
      complain(e.what());
      file.reset();
    }
  }
  void complain(const char* why) const {
    Event event{.level = Level::warn,
                .module = "log",
                .fact = "the log file cannot be written",
                .fields = {{"reason", std::string{why}}}};
    event.at = wall_now();
    write_all(STDERR_FILENO, format_line(event, format) + "\n");
  }

  Format format;
  std::unique_ptr<spdlog::sinks::rotating_file_sink_st> file;
};

Log::Log(Journal& journal, Options options, Redactor redactor, LogTail& tail)
    : options_{std::move(options)},
      redactor_{std::move(redactor)},
      level_{options_.level},
      tail_{tail},
      sinks_{std::make_shared<Sinks>(options_)},
      thread_{async::named_thread("log", [this](const std::stop_token& token) { serve(token); })} {
  reading_ = journal.read([this](const Event& event) { take(event); });
}

Log::~Log() {
  reading_ = {};
  if (flush(std::chrono::milliseconds{500})) return;  // the thread waits and can be joined
  // It hangs in a write to a pipe nobody reads. The process is about to end: leave it.
  thread_.detach();
  new std::shared_ptr<Sinks>(sinks_);  // NOLINT: kept for the thread on purpose
}

void Log::take(const Event& event) {
  if (event.level < level_) return;
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back(event);
    if (queue_.size() > limit) {
      queue_.pop_front();
      ++dropped_;
    }
  }
  ready_.notify_one();
}

void Log::serve(const std::stop_token& token) {
  std::unique_lock lock{mutex_};
  while (ready_.wait(lock, token, [this] { return !queue_.empty(); })) {
    Event event = std::move(queue_.front());
    queue_.pop_front();
    const auto dropped = std::exchange(dropped_, 0);
    writing_ = true;
    lock.unlock();
    if (dropped > 0)
      event.fields.push_back({"lines_dropped_before", static_cast<std::int64_t>(dropped)});
    redactor_.with([&](const Redactor& redact) {
      event.fact = redact(std::move(event.fact));
      for (auto& field : event.fields) {
        if (auto* text = std::get_if<std::string>(&field.value)) *text = redact(std::move(*text));
      }
    });
    auto line = json_line(event);
    sinks_->write(event, line);
    tail_.add(std::move(line));
    lock.lock();
    writing_ = false;
    if (queue_.empty()) written_.notify_all();
  }
}

void Log::set_redactor(Redactor redactor) {
  redactor_.with([&](Redactor& current) { current = std::move(redactor); });
}

bool Log::flush(Duration patience) {
  std::unique_lock lock{mutex_};
  return written_.wait_for(lock, patience, [this] { return queue_.empty() && !writing_; });
}

}  // namespace orrery::observe
