#include <filesystem>
#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

  static asio::awaitable<void> two(std::shared_ptr<BodyWriter> writer) {
    for (const auto* piece : {"one", "two"}) {
      auto writing = writer->write(std::make_shared<const std::string>(piece));
      const auto written = co_await std::move(writing);
      EXPECT_TRUE(written);
    }
  }
  asio::awaitable<Response> handle(Request request) override {
    if (request.path == "/throw") throw std::runtime_error{"boom"};
    if (request.path == "/stream") {
      Response response{.body = {}, .headers = {}};
      response.stream = [](std::shared_ptr<BodyWriter> writer) { return two(std::move(writer)); };
      co_return response;
    }
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

// ---- handing over to a successor

// A client that sends and hears bytes.
class Wire {
 public:
  explicit Wire(std::uint16_t port)
      : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected =
        ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{5, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { ::close(descriptor_); }
  void say(std::string_view text) const {
    EXPECT_EQ(::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Until `end` has come, or nothing more does.
  std::string hear(std::string_view end) const {
    std::string heard;
    char piece[4096];
    while (heard.find(end) == std::string::npos) {
      const auto size = ::recv(descriptor_, piece, sizeof piece, 0);
      if (size <= 0) break;
      heard.append(piece, static_cast<std::size_t>(size));
    }
    return heard;
  }
  bool connected = false;

 private:
  int descriptor_;
};

class Successor : public Server {
 protected:
  asio::awaitable<void> replace() {
    auto leaving = server->hand_over(clock.now() + 2s);
    auto left = co_await std::move(leaving);
    parked = left.connections.size();
    // Whoever comes now waits until somebody accepts again.
    between = std::make_unique<Wire>(port);
    auto next = std::make_unique<HttpServer>(
        *this, ServerLimits{}, HttpServer::Environment{io.get_executor(), clock, journal});
    for (const auto& listener : left.listeners) EXPECT_TRUE(next->adopt(listener));
    for (auto& connection : left.connections) next->adopt(std::move(connection));
    old = std::exchange(server, std::move(next));
  }
  void hand_over() {
    async::Scope scope{"hand over", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
    std::promise<void> done;
    scope.spawn("replace", then(replace(), done));
    done.get_future().wait();
    while (scope.alive() > 0) std::this_thread::yield();
  }
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  static asio::awaitable<void> then(asio::awaitable<void> task, std::promise<void>& done) {
    co_await std::move(task);
    done.set_value();
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

  std::unique_ptr<HttpServer> old;
  std::unique_ptr<Wire> between;
  std::size_t parked = 0;
};

TEST_F(Successor, Goes_on_with_kept_connections_half_requests_and_who_came_meanwhile) {
  const Wire kept{port};
  kept.say("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(kept.hear("GET /first "), testing::HasSubstr("200 OK"));
  const Wire half{port};
  half.say("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
  const Wire other{port};  // so that the server has certainly seen the half before
  other.say("GET /seen HTTP/1.1\r\nHost: h\r\n\r\n");
  other.hear("GET /seen ");

  hand_over();
  EXPECT_EQ(parked, 3U);
  EXPECT_TRUE(between->connected);
  between->say("GET /between HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(between->hear("GET /between "), testing::HasSubstr("200 OK"));
  half.say("def");
  EXPECT_THAT(half.hear("POST /half abcdef"), testing::HasSubstr("200 OK"));
  kept.say("GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(kept.hear("GET /second "), testing::HasSubstr("200 OK"));
  EXPECT_EQ(client().call("GET", "/local", "", 5s)->status, 200);
}

TEST_F(Server, Sends_a_stream_in_chunks_and_ends_it_properly) {
  const Wire watcher{port};
  watcher.say("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto heard = watcher.hear("0\r\n\r\n");
  EXPECT_THAT(heard, testing::HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(heard, testing::HasSubstr("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
}

TEST(LocalClient, Says_when_nobody_is_there) {
  EXPECT_EQ(LocalClient{"/nowhere/s"}.call("GET", "/", "", 1s).error().kind(),
            ErrorKind::not_found);
}

}  // namespace
}  // namespace orrery::net
