#include <filesystem>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/local_client.h"
#include "net/port_owner.h"
#include "net/rate_limit.h"

namespace orrery::net {
namespace {

using namespace std::chrono_literals;

TEST(Path, What_leaves_its_place_is_refused) {
  const struct {
    std::string_view target;
    std::optional<std::string> path;
  } cases[] = {
      {"/a/b?c=d", "/a/b"}, {"/", "/"},           {"/a%20b", "/a b"},  {"/a+b", "/a+b"},
      {"/../etc", {}},      {"/a/../../etc", {}}, {"/%2e%2e/etc", {}}, {"/a/%2e%2e%2fetc", {}},
      {"/a\\..\\b", {}},    {"/a//b", {}},        {"/a%00b", {}},      {"/%zz", {}},
      {"/%c0%af", {}},      {"http://x/", {}},    {"/a/", "/a/"},      {"", {}}};
  for (const auto& c : cases) {
    const auto path = safe_path(c.target);
    EXPECT_EQ(path ? std::optional{*path} : std::nullopt, c.path) << c.target;
  }
}

TEST(Request, Headers_ignore_case_and_cookies_are_found) {
  Request request{.method = "GET",
                  .path = "/",
                  .query = "a=1&b=x%20y",
                  .headers = {{"Cookie", "x=1; session=abc"}},
                  .body = {},
                  .peer = {},
                  .token = {}};
  EXPECT_EQ(request.cookie("session"), "abc");
  EXPECT_EQ(request.header("COOKIE"), "x=1; session=abc");
  EXPECT_EQ(request.parameter("b"), "x y");
  EXPECT_EQ(request.parameter("c"), std::nullopt);
}

TEST(RateLimit, Allows_a_burst_and_then_one_every_so_often) {
  RateLimit limit{3, 10s};
  TimePoint now{};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limit.take("a", now));
  EXPECT_EQ(limit.take("a", now), 10s);
  EXPECT_FALSE(limit.take("b", now));
  EXPECT_FALSE(limit.take("a", now + 10s));
  EXPECT_TRUE(limit.take("a", now + 10s));
}

TEST(RateLimit, Ten_thousand_keys_do_not_grow_without_bound) {
  RateLimit limit{1, 1s};
  for (int i = 0; i < 10'000; ++i)
    limit.take(std::to_string(i), TimePoint{} + std::chrono::milliseconds{i});
  EXPECT_TRUE(limit.take("9999", TimePoint{} + 9999ms));
}

// A server on a thread of its own, on a local socket in a folder of its own.
class Server : public testing::Test, public Handler {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "orrery-net-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    server =
        std::make_unique<HttpServer>(*this, ServerLimits{.body = Bytes{1000}},
                                     HttpServer::Environment{io.get_executor(), clock, journal});
    ASSERT_TRUE(server->listen_local(path()));
    const auto listening = server->listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(listening);
    port = *listening;
    thread = std::thread{[this] { io.run(); }};
  }
  void TearDown() override {
    async::Scope scope{"stop", io.get_executor(), clock, [](auto&&...) {}};
    scope.spawn("stop", stop());
    thread.join();
    std::filesystem::remove_all(folder);
  }
  asio::awaitable<void> stop() {
    auto stopping = server->stop(clock.now() + 1s);
    co_await std::move(stopping);
  }

  asio::awaitable<Response> handle(Request request) override {
    if (request.path == "/throw") throw std::runtime_error{"boom"};
    co_return Response{.body = request.method + " " + request.path + " " + request.body,
                       .headers = {}};
  }
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  asio::awaitable<std::optional<Response>> refuse_upgrade(const Request& request) override {
    const bool refuse = request.path == "/no";
    co_return refuse ? std::optional{Response{.status = 403, .body = "no", .headers = {}}}
                     : std::nullopt;
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
  asio::awaitable<void> converse(Request, std::shared_ptr<WebSocket> socket) override {
    while (true) {
      auto reading = socket->read();
      auto text = co_await std::move(reading);
      if (!text) co_return;
      socket->send("echo " + *text);
    }
  }

  std::string path() const { return folder + "/s"; }
  LocalClient client() const { return LocalClient{path()}; }

  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  Journal journal;
  std::string folder;
  std::uint16_t port = 0;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

TEST_F(Server, Answers_and_survives_a_handler_that_throws) {
  const auto answer = client().call("POST", "/x", "body", 5s);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "POST /x body");
  EXPECT_EQ(client().call("GET", "/throw", "", 5s)->status, 500);
  EXPECT_EQ(client().call("GET", "/x", "", 5s)->status, 200);
}

TEST_F(Server, Refuses_what_is_too_large_or_leaves_its_place) {
  EXPECT_EQ(client().call("POST", "/x", std::string(5000, 'x'), 5s)->status, 413);
  EXPECT_EQ(client().call("GET", "/../etc/passwd", "", 5s)->status, 400);
  EXPECT_EQ(client().call("GET", "/" + std::string(20000, 'x'), "", 5s)->status, 431);
}

TEST_F(Server, Converses_until_the_peer_leaves) {
  auto socket = client().converse("/ws", 5s);
  ASSERT_TRUE(socket) << socket.error().text();
  ASSERT_TRUE((*socket)->send("hello"));
  EXPECT_EQ((*socket)->read(5s).value(), "echo hello");
}

TEST_F(Server, Refuses_an_upgrade_with_a_response) { EXPECT_FALSE(client().converse("/no", 5s)); }

TEST_F(Server, Names_the_process_that_holds_a_port) {
  EXPECT_NE(describe_listener(port).find("process " + std::to_string(getpid())), std::string::npos);
  HttpServer second{*this, {}, {io.get_executor(), clock, journal}};
  const auto taken = second.listen_tcp("127.0.0.1", port);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::conflict);
  EXPECT_FALSE(taken.error().remedy().empty());
}

TEST(LocalClient, Says_when_nobody_is_there) {
  EXPECT_EQ(LocalClient{"/nowhere/s"}.call("GET", "/", "", 1s).error().kind(),
            ErrorKind::not_found);
}

}  // namespace
}  // namespace orrery::net
