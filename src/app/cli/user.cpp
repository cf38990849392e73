#include <cstdio>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <termios.h>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/data_folder.h"
#include "web/accounts.h"

namespace orrery::app::cli {
namespace {

namespace json = boost::json;

// Reads a line without showing it.
std::string read_hidden(const char* prompt) {
  std::fprintf(stderr, "%s", prompt);
  termios before{};
  const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    auto hidden = before;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fprintf(stderr, "\n");
  }
  return line;
}

Result<Secret> read_password(bool from_stdin) {
  if (from_stdin) {
    std::string line;
    std::getline(std::cin, line);
    return Secret{line};
  }
  if (::isatty(STDIN_FILENO) != 1) {
    Error error{ErrorKind::invalid, "there is no terminal to ask for a password"};
    return fail(std::move(error).remedy("give it on standard input with --password-stdin"));
  }
  auto first = read_hidden("Password: ");
  if (first != read_hidden("Again: ")) return fail(ErrorKind::invalid, "the two are not the same");
  return Secret{first};
}

// The accounts: through the running bot if there is one, else in the file, under the lock.
class Keeper {
 public:
  explicit Keeper(const Common& common)
      : client_{common}, accounts_{client_.folder() + "/accounts.json"} {}

  Result<json::value> ask(const std::string& method, const std::string& target,
                          const std::string& body,
                          const std::function<Task<json::value>(web::Accounts&)>& offline) {
    auto answer = client_.ask(method, target, body);
    if (answer || answer.error().kind() != ErrorKind::not_found) return answer;
    auto lock = FolderLock::take(client_.folder());
    if (!lock) return fail(std::move(lock).error());
    if (auto loaded = accounts_.load(); !loaded) return fail(std::move(loaded).error());
    auto done = wait(offline(accounts_));
    if (done || done.error().kind() != ErrorKind::not_found) return done;
    // Not found is what the absence of a bot is called; here it is the user.
    return fail(ErrorKind::invalid, "{}", done.error().text());
  }

 private:
  static Result<json::value> wait(Task<json::value> task) {
    asio::io_context io;
    async::SteadyClock clock{io.get_executor()};
    async::Scope scope{"user", io.get_executor(), clock, [](auto&&...) {}};
    std::optional<Result<json::value>> result;
    scope.spawn("user", keep(std::move(task), result));
    io.run();
    return result ? std::move(*result)
                  : Result<json::value>{fail(ErrorKind::internal, "the command did not end")};
  }
  // Wait() outlives it.
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  static asio::awaitable<void> keep(Task<json::value> task,
                                    std::optional<Result<json::value>>& result) {
    result = co_await std::move(task);
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

  Client client_;
  web::Accounts accounts_;
};

Task<json::value> done(Task<> task) {
  auto result = co_await std::move(task);
  if (!result) co_return fail(std::move(result).error());
  co_return json::value{};
}
Task<json::value> listed(std::vector<web::Accounts::UserView> users) {
  json::array names;
  for (const auto& user : users) names.push_back(json::value(user.name));
  co_return json::value{{"users", std::move(names)}};
}
Task<json::value> ended(Result<> result) {
  if (!result) co_return fail(std::move(result).error());
  co_return json::value{};
}
Task<json::value> linked(Result<std::string> token, std::string address) {
  if (!token) co_return fail(std::move(token).error());
  co_return json::value{{"link", address + "/setup#" + *token}};
}

Exit with_password(const Common& common, const User& options) {
  auto password = read_password(options.password_stdin);
  if (!password) return complain(password.error(), common);
  const auto body =
      json::serialize(json::object{{"username", options.name}, {"password", password->reveal()}});
  const bool add = options.what == User::Do::add;
  const auto answer = Keeper{common}.ask(
      "POST", add ? "/api/users" : "/api/users/password", body, [&](web::Accounts& accounts) {
        return done(add ? accounts.add(options.name, *password)
                        : accounts.set_password(options.name, *password));
      });
  if (!answer) return complain(answer.error(), common);
  if (common.json) {
    print_json({{"user", options.name}});
  } else {
    std::printf(add ? "user %s added\n" : "password of %s changed\n", options.name.c_str());
  }
  return Exit::yes;
}

Exit list(const Common& common) {
  const auto answer = Keeper{common}.ask(
      "GET", "/api/users", "", [](web::Accounts& accounts) { return listed(accounts.users()); });
  if (!answer) return complain(answer.error(), common);
  if (common.json) {
    print_json({{"users", answer->at("users")}});
    return Exit::yes;
  }
  for (const auto& name : answer->at("users").as_array())
    std::printf("%s\n", name.as_string().c_str());
  return Exit::yes;
}

Exit totp_off(const Common& common, const User& options) {
  const auto body = json::serialize(json::object{{"username", options.name}});
  const auto answer = Keeper{common}.ask(
      "POST", "/api/users/second-factor/end", body,
      [&](web::Accounts& accounts) { return ended(accounts.end_second_factor(options.name)); });
  if (!answer) return complain(answer.error(), common);
  if (common.json) {
    print_json({{"user", options.name}});
  } else {
    std::printf("%s signs in with the password alone\n", options.name.c_str());
  }
  return Exit::yes;
}

Exit setup_link(const Common& common) {
  // Where the bot would listen; a running one knows where it does.
  const auto outcome = config::load(sources_of(common));
  const auto& http = outcome.loaded.settings.http;
  const auto address = http_address(http.host, http.port);
  const auto answer = Keeper{common}.ask(
      "POST", "/api/users/setup-link", "",
      [&](web::Accounts& accounts) { return linked(accounts.open_setup(), address); });
  if (!answer) return complain(answer.error(), common);
  if (common.json) {
    print_json(*answer);
  } else {
    std::printf("%s\n", answer->at("link").as_string().c_str());
  }
  return Exit::yes;
}

}  // namespace

Exit user(const Common& common, const User& options) {
  switch (options.what) {
    case User::Do::add:
    case User::Do::passwd:
      return with_password(common, options);
    case User::Do::list:
      return list(common);
    case User::Do::totp_off:
      return totp_off(common, options);
    case User::Do::setup_link:
      return setup_link(common);
  }
  std::unreachable();
}

}  // namespace orrery::app::cli
