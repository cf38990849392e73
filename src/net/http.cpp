#include "net/http.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace orrery::net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::vector<std::string_view> Request::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) values.emplace_back(value);
  }
  return values;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto pair : split(query, '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    auto value = decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{});
    if (value) return std::move(*value);
  }
  return std::nullopt;
}

std::optional<std::string> Request::cookie(std::string_view name) const {
  for (auto pair : split(header("cookie"), ';')) {
    pair = trim(pair);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return std::string{pair.substr(equals + 1)};
    }
  }
  return std::nullopt;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

Result<std::string> decode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned byte = 0;
    const auto hex = text.substr(i + 1, 2);
    const auto [end, code] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (hex.size() < 2 || code != std::errc{} || end != hex.data() + 2 || byte == 0) {
      return fail(ErrorKind::invalid, "a broken percent escape");
    }
    plain += static_cast<char>(byte);
    i += 2;
  }
  if (!is_utf8(plain)) return fail(ErrorKind::invalid, "not valid UTF-8");
  return plain;
}

Result<std::string> safe_path(std::string_view target) {
  const auto raw = target.substr(0, target.find('?'));
  std::string escaped{raw};
  for (auto at = escaped.find('+'); at != std::string::npos; at = escaped.find('+', at + 3)) {
    escaped.replace(at, 1, "%2B");  // a plus is a space only in a query
  }
  auto path = decode(escaped);
  if (!path) return path;
  const auto control = std::ranges::any_of(
      *path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\\'; });
  if (control || path->empty() || path->front() != '/')
    return fail(ErrorKind::invalid, "not a path");
  const auto segments = split(std::string_view{*path}.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool hollow = segments[i].empty() && i + 1 < segments.size();
    if (hollow || segments[i] == "." || segments[i] == "..") {
      return fail(ErrorKind::invalid, "the path leaves its place");
    }
  }
  return path;
}

}  // namespace orrery::net
