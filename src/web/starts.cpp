#include "web/starts.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>

namespace orrery::web {

namespace json = boost::json;

namespace {

constexpr std::size_t limit = 20;

bool same_start(const json::object& a, const json::object& b) {
  return a.at("boot") == b.at("boot") && a.at("generation") == b.at("generation");
}

bool is_start(const json::value& value) {
  const auto* object = value.if_object();
  return object != nullptr && object->contains("boot") && object->contains("generation");
}

Result<> replace(const std::string& file, const std::string& text) {
  const auto beside = file + ".new";
  std::ofstream out{beside, std::ios::binary | std::ios::trunc};
  out << text;
  out.close();
  if (!out || std::rename(beside.c_str(), file.c_str()) != 0)
    return fail(ErrorKind::denied, "{} cannot be written", file);
  return {};
}

}  // namespace

void Starts::load() {
  std::ifstream in{file_, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  boost::system::error_code error;
  const auto value = json::parse(text.str(), error);
  const auto* list = error ? nullptr : value.if_array();
  if (list == nullptr) return;
  for (const auto& start : *list) {
    if (is_start(start)) starts_.push_back(start);
  }
}

void Starts::record(json::object start) {
  for (auto& known : starts_) {
    if (!same_start(known.as_object(), start)) continue;
    known = std::move(start);
    return scope_.spawn("keep starts", save(json::serialize(starts_)));
  }
  starts_.push_back(std::move(start));
  if (starts_.size() > limit) starts_.erase(starts_.begin());
  scope_.spawn("keep starts", save(json::serialize(starts_)));
}

asio::awaitable<void> Starts::save(std::string text) {
  std::move_only_function<Result<bool>()> job = [file = file_, text = std::move(text)] {
    return Result<bool>{replace(file, text).has_value()};
  };
  auto writing = writing_.run<bool>(std::move(job));
  [[maybe_unused]] const auto written = co_await std::move(writing);
}

}  // namespace orrery::web
