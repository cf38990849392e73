#include "web/reply.h"

#include <algorithm>

#include <boost/json.hpp>

namespace orrery::web {

namespace json = boost::json;

namespace {

net::Response envelope(int status, json::object body) {
  return {.status = status,
          .content_type = "application/json; charset=utf-8",
          .body = json::serialize(body) + "\n",
          .headers = {}};
}

}  // namespace

net::Response ok(json::value data, int status) {
  return envelope(status, {{"status", "ok"}, {"message", nullptr}, {"data", std::move(data)}});
}

net::Response problem(int status, std::string_view message, json::value data) {
  return envelope(status, {{"status", "error"}, {"message", message}, {"data", std::move(data)}});
}

net::Response problem(const Error& error) {
  json::value data;
  if (!error.remedy().empty()) data = {{"remedy", error.remedy()}};
  auto response =
      envelope(status_of(error),
               {{"status", "error"}, {"message", error.text()}, {"data", std::move(data)}});
  if (const auto delay = error.retry_after()) {
    const auto seconds = std::max<std::int64_t>(1, (delay->count() + 999) / 1000);
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return response;
}

net::Response text(int status, std::string body) {
  return {.status = status, .body = std::move(body), .headers = {}};
}

int status_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::invalid:
      return 422;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::limited:
      return 429;
    case ErrorKind::unavailable:
    case ErrorKind::cancelled:
      return 503;
    case ErrorKind::timeout:
      return 504;
    case ErrorKind::corrupt:
    case ErrorKind::unsupported:
    case ErrorKind::internal:
      return 500;
  }
  std::unreachable();
}

Result<json::object> object_of(const net::Request& request) {
  boost::system::error_code error;
  auto value = json::parse(request.body, error);
  if (error || !value.is_object()) return fail(ErrorKind::invalid, "send a JSON object");
  return std::move(value.as_object());
}

Result<std::string> field_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return fail(ErrorKind::invalid, "the field '{}' must be a text", name);
  return std::string{*text};
}

}  // namespace orrery::web
