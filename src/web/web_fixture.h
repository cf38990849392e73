// What the tests of the window stand on: a runtime that is what the test says, accounts in a folder
// of their own, and a router that is asked without a network.
#pragma once

#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/accounts.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {

// A runtime that is what the test says it is.
class FakeRuntime final : public RuntimeControl {
 public:
  FakeRuntime() : configuration_{{}, config::load({}).loaded} {
    snapshot_.graph = std::make_shared<const lifecycle::Graph>(*lifecycle::Graph::build({}));
  }
  void become(lifecycle::State state) {
    snapshot_.state = state;
    snapshot_.ready = state == lifecycle::State::runtime_ready;
    if (lifecycle::is_failed(state)) {
      snapshot_.failed_part = "database";
      snapshot_.failure = {"the disk is gone", "mend it"};
    }
  }
  std::shared_ptr<const lifecycle::Snapshot> snapshot() override {
    return std::make_shared<const lifecycle::Snapshot>(snapshot_);
  }
  std::vector<lifecycle::Span> spans() override { return {}; }
  bool ready() const override { return snapshot_.ready; }
  std::vector<std::string> blocked() const override { return {}; }
  std::string address() const override { return "http://127.0.0.1:6185"; }
  WallTime start_time() const override { return {}; }
  std::optional<WallTime> ready_time() const override { return {}; }
  const Boot& boot() const override { return boot_; }
  bool safe_mode() const override { return safe_mode_ == SafeMode::once; }
  const storage::DatabaseNumbers& database_numbers() const override { return database_numbers_; }
  std::uint64_t handled() const override { return 0; }
  Result<> retry(SafeMode safe_mode) override {
    safe_mode_ = safe_mode;
    return {};
  }
  Task<> restart_in_place(async::StopToken) override { co_return Result<>{}; }
  Result<> restart(std::optional<std::string>) override { return {}; }
  void shutdown() override {}
  Task<lifecycle::Settled> wait_settled(TimePoint, async::StopToken) override {
    co_return lifecycle::Settled::ready;
  }
  Level log_level() const override { return Level::info; }
  void set_log_level(Level) override {}
  const config::Configuration& configuration() const override { return configuration_; }

 private:
  Boot boot_{.id = "1a2b", .restarts = 0, .fell_back = {}};
  SafeMode safe_mode_ = SafeMode::off;
  lifecycle::Snapshot snapshot_;
  config::Configuration configuration_;
  storage::DatabaseNumbers database_numbers_;
};

class Web : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-web-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    accounts = std::make_unique<Accounts>(folder + "/accounts.json");
    ASSERT_TRUE(accounts->load());
    router = std::make_unique<Router>(runtime, *accounts);
    add_probe_routes(*router, runtime);
    add_runtime_routes(*router, runtime, starts, history);
    add_key_routes(*router, *accounts);
    add_user_routes(*router, *accounts, runtime, clock);
    add_static_routes(*router);
    add_auth_routes(*router, *accounts, runtime, clock);
    const Router::Call<Guarded> guarded = [](net::Request, Guarded) { return answer(); };
    router->add("GET", "/guarded", guarded);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static asio::awaitable<net::Response> answer() { co_return text(200, "in"); }

  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
  template <class T>
  T wait(asio::awaitable<T> task) {
    async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
    std::optional<T> result;
    scope.spawn("task", keep<T>(std::move(task), result));
    io.restart();
    io.run();
    return std::move(*result);
  }
  net::Response ask(const std::string& method, const std::string& path, net::Headers headers = {},
                    std::string body = {}) {
    headers.emplace_back("Host", "127.0.0.1:6185");
    return wait(router->handle({.method = method,
                                .path = path,
                                .query = {},
                                .headers = std::move(headers),
                                .body = std::move(body),
                                .peer = {.address = "127.0.0.1", .user = {}},
                                .token = {}}));
  }
  net::Response ask_locally(const std::string& path) {
    return wait(router->handle({.method = "GET",
                                .path = path,
                                .query = {},
                                .headers = {},
                                .body = {},
                                .peer = {.address = {}, .user = geteuid()},
                                .token = {}}));
  }
  Accounts::Opened sign_in() {
    EXPECT_TRUE(wait(accounts->add("ada", Secret{"correct horse"})));
    return open("ada", "correct horse").value();
  }
  Result<Accounts::Opened> open(const std::string& name, const std::string& password,
                                const std::string& code = {}) {
    return wait(accounts->sign_in(given(name, password, code)));
  }
  static Accounts::Credentials given(const std::string& name, const std::string& password,
                                     const std::string& code = {}) {
    return {.name = name, .password = Secret{password}, .code = code, .agent = "a test"};
  }

  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  std::string folder;
  FakeRuntime runtime;
  async::Scope tasks{"web", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  Starts starts{"/dev/null", tasks};
  History history;
  std::unique_ptr<Accounts> accounts;
  std::unique_ptr<Router> router;
};

}  // namespace orrery::web
