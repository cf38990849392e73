#include "app/cli/client.h"

#include <cstdio>

#include <boost/json.hpp>

#include "app/data_folder.h"

namespace orrery::app::cli {

namespace json = boost::json;

Client::Client(const Common& common)
    : folder_{data_folder(common.data)}, socket_{control_socket(folder_)} {}

namespace {

ErrorKind kind_of(int status) {
  switch (status) {
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 422:
      return ErrorKind::invalid;
    case 429:
      return ErrorKind::limited;
    case 503:
      return ErrorKind::unavailable;
    case 504:
      return ErrorKind::timeout;
    default:
      return ErrorKind::denied;
  }
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

// The bot's refusal, with its remedy. 404 from the bot is an answer, not the absence of a bot.
Error refusal(int status, const json::object& answer) {
  Error error{status == 404 ? ErrorKind::invalid : kind_of(status), text_of(answer, "message")};
  const auto* data = answer.if_contains("data");
  const auto* details = data == nullptr ? nullptr : data->if_object();
  return details == nullptr ? std::move(error)
                            : std::move(error).remedy(text_of(*details, "remedy"));
}

}  // namespace

Result<json::value> Client::ask(const std::string& method, const std::string& target,
                                const std::string& body, Duration patience) const {
  const auto response = socket_.call(method, target, body, patience);
  if (!response && response.error().kind() == ErrorKind::not_found) {
    Error nobody{ErrorKind::not_found, "no bot is running in " + folder_};
    return fail(std::move(nobody).remedy(
        "start one with 'orrery run', or name its folder with --data DIR"));
  }
  if (!response) return fail(response.error());
  boost::system::error_code error;
  auto value = json::parse(response->body, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr)
    return fail(ErrorKind::internal, "the bot gave an answer this program cannot read");
  if (response->status >= 300) {
    return fail(refusal(response->status, *object));
  }
  return object->at("data");
}

Exit complain(const Error& error, const Common& common) {
  if (common.json) {
    print_json({{"status", "error"},
                {"message", error.text()},
                {"remedy", error.remedy().empty() ? json::value{} : json::value(error.remedy())}});
  }
  std::fprintf(stderr, "orrery: %s\n", error.text().c_str());
  if (!error.remedy().empty()) std::fprintf(stderr, "What to do: %s\n", error.remedy().c_str());
  return error.kind() == ErrorKind::not_found ? Exit::no_bot : Exit::no;
}

void print_json(const json::value& value) { std::printf("%s\n", json::serialize(value).c_str()); }

}  // namespace orrery::app::cli
