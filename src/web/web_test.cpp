#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/accounts.h"
#include "web/reply.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

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
  Result<> retry() override { return {}; }
  Result<> restart(std::optional<std::string>) override { return {}; }
  void shutdown() override {}
  Task<lifecycle::Settled> wait_settled(TimePoint, async::StopToken) override {
    co_return lifecycle::Settled::ready;
  }
  Level log_level() const override { return Level::info; }
  void set_log_level(Level) override {}
  const config::Configuration& configuration() const override { return configuration_; }

 private:
  lifecycle::Snapshot snapshot_;
  config::Configuration configuration_;
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
    add_runtime_routes(*router, runtime);
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
    return wait(accounts->sign_in("ada", Secret{"correct horse"})).value();
  }

  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  std::string folder;
  FakeRuntime runtime;
  std::unique_ptr<Accounts> accounts;
  std::unique_ptr<Router> router;
};

TEST_F(Web, Who_is_not_signed_in_learns_nothing_but_that) {
  runtime.become(lifecycle::State::runtime_failed);
  for (const auto* path : {"/guarded", "/api/stat/runtime-status", "/api/runtime/timeline"}) {
    const auto response = ask("GET", path);
    EXPECT_EQ(response.status, 401) << path;
    EXPECT_THAT(response.body, Not(HasSubstr("disk"))) << path;
  }
}

TEST_F(Web, A_guarded_route_is_503_with_retry_after_until_ready) {
  const auto session = sign_in();
  runtime.become(lifecycle::State::runtime_failed);
  const net::Headers cookie{{"Cookie", "orrery_session=" + session.token}};
  const auto refused = ask("GET", "/guarded", cookie);
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("\"failure_message\":\"database: the disk is gone\""));
  EXPECT_TRUE(
      std::ranges::any_of(refused.headers, [](const auto& h) { return h.first == "Retry-After"; }));
  runtime.become(lifecycle::State::runtime_ready);
  EXPECT_EQ(ask("GET", "/guarded", cookie).status, 200);
}

TEST_F(Web, The_control_sockets_peer_is_the_owner_by_user_id) {
  EXPECT_EQ(ask_locally("/api/stat/runtime-status").status, 200);
}

TEST_F(Web, A_write_needs_the_csrf_value_and_our_own_origin) {
  const auto session = sign_in();
  const std::pair<std::string, std::string> cookie{"Cookie", "orrery_session=" + session.token};
  const std::pair<std::string, std::string> csrf{"X-Orrery-Csrf", session.csrf};
  EXPECT_EQ(ask("POST", "/api/runtime/retry", {cookie}).status, 403);
  EXPECT_EQ(ask("POST", "/api/runtime/retry", {cookie, {"X-Orrery-Csrf", "wrong"}}).status, 403);
  EXPECT_EQ(
      ask("POST", "/api/runtime/retry", {cookie, csrf, {"Origin", "http://evil.example"}}).status,
      403);
  EXPECT_EQ(
      ask("POST", "/api/runtime/retry", {cookie, csrf, {"Origin", "http://127.0.0.1:6185"}}).status,
      202);
}

TEST_F(Web, A_foreign_host_name_is_refused_before_anything_else) {
  const auto response = wait(router->handle({.method = "GET",
                                             .path = "/livez",
                                             .query = {},
                                             .headers = {{"Host", "evil.example:6185"}},
                                             .body = {},
                                             .peer = {.address = "127.0.0.1", .user = {}},
                                             .token = {}}));
  EXPECT_EQ(response.status, 421);
}

TEST_F(Web, Probes_tell_states_and_never_the_text_of_a_failure) {
  runtime.become(lifecycle::State::runtime_failed);
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/startupz").status, 200);
  const auto readyz = ask("GET", "/readyz");
  EXPECT_EQ(readyz.status, 503);
  EXPECT_THAT(readyz.body, Not(HasSubstr("disk")));
}

TEST_F(Web, Guessing_passwords_is_limited) {
  int refused = 0;
  int limited = 0;
  for (int i = 0; i < 30; ++i) {
    const auto response =
        ask("POST", "/api/auth/login", {}, R"({"username":"ada","password":"guess-guess"})");
    (response.status == 429 ? limited : refused) += 1;
  }
  EXPECT_LE(refused, 10);
  EXPECT_GE(limited, 20);
}

TEST_F(Web, The_setup_token_counts_once) {
  const auto token = accounts->open_setup().value();
  EXPECT_FALSE(wait(accounts->set_up("wrong", "ada", Secret{"correct horse"})));
  EXPECT_TRUE(wait(accounts->set_up(token, "ada", Secret{"correct horse"})));
  EXPECT_FALSE(wait(accounts->set_up(token, "eve", Secret{"correct horse"})));
}

TEST_F(Web, Accounts_survive_and_the_file_holds_no_password_and_no_token) {
  const auto session = sign_in();
  Accounts again{folder + "/accounts.json"};
  ASSERT_TRUE(again.load());
  EXPECT_TRUE(again.session(session.token));
  std::ifstream in{folder + "/accounts.json"};
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, Not(HasSubstr("correct horse")));
  EXPECT_THAT(text, Not(HasSubstr(session.token)));
}

TEST_F(Web, A_damaged_accounts_file_is_named_and_left_alone) {
  std::ofstream{folder + "/accounts.json"} << "{\"users\": 3";
  Accounts damaged{folder + "/accounts.json"};
  const auto loaded = damaged.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::corrupt);
  EXPECT_EQ(std::filesystem::file_size(folder + "/accounts.json"), 11U);
}

TEST_F(Web, What_was_opened_with_a_session_hears_its_end) {
  const auto first = sign_in();
  const auto second = wait(accounts->sign_in("ada", Secret{"correct horse"})).value();
  const auto left = accounts->ending(first.token);
  const auto outlived = accounts->ending(second.token);
  accounts->sign_out(first.token);
  EXPECT_TRUE(left.requested());
  EXPECT_FALSE(outlived.requested());
  ASSERT_TRUE(wait(accounts->set_password("ada", Secret{"another horse"})));
  EXPECT_TRUE(outlived.requested());
}

TEST_F(Web, A_sign_in_under_way_does_not_outlive_a_change_of_the_password) {
  ASSERT_TRUE(wait(accounts->add("ada", Secret{"correct horse"})));
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Result<>> changed;
  std::optional<Result<Accounts::Opened>> opened;
  // The pool hashes one after the other: the new password first, then the old one is compared.
  scope.spawn("change", keep(accounts->set_password("ada", Secret{"another horse"}), changed));
  scope.spawn("sign in", keep(accounts->sign_in("ada", Secret{"correct horse"}), opened));
  io.restart();
  io.run();
  EXPECT_TRUE(changed->has_value());
  EXPECT_FALSE(opened->has_value());
}

TEST_F(Web, A_changed_password_ends_the_users_sessions) {
  const auto session = sign_in();
  ASSERT_TRUE(wait(accounts->set_password("ada", Secret{"another horse"})));
  EXPECT_FALSE(accounts->session(session.token));
  EXPECT_FALSE(wait(accounts->sign_in("ada", Secret{"correct horse"})));
  EXPECT_TRUE(wait(accounts->sign_in("ada", Secret{"another horse"})));
}

}  // namespace
}  // namespace orrery::web
