#include "web/web_fixture.h"

namespace orrery::web {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

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

TEST_F(Web, An_api_key_may_do_what_its_scopes_say_and_never_learns_a_failure) {
  sign_in();
  const auto key =
      accounts->make_key({.name = "a watcher", .user = "ada", .scopes = {Scope::read}});
  const net::Headers bearer{{"Authorization", "Bearer " + *key}};
  EXPECT_EQ(ask("GET", "/api/stat/runtime-status", bearer).status, 200);
  EXPECT_EQ(ask("POST", "/api/runtime/retry", bearer).status, 403);
  EXPECT_EQ(ask("GET", "/api/keys", bearer).status, 403);
  runtime.become(lifecycle::State::runtime_failed);
  const auto refused = ask("GET", "/guarded", bearer);
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("\"failure_message\":null"));
  EXPECT_EQ(ask("GET", "/guarded", {{"Authorization", "Bearer orrery_wrong"}}).status, 401);
}

TEST_F(Web, An_api_key_needs_no_csrf_value_but_a_wrong_one_is_not_helped_by_a_cookie) {
  const auto session = sign_in();
  const auto key =
      accounts->make_key({.name = "an operator", .user = "ada", .scopes = {Scope::operate}});
  EXPECT_EQ(ask("POST", "/api/runtime/retry", {{"Authorization", "Bearer " + *key}}).status, 202);
  const net::Headers both{{"Authorization", "Bearer wrong"},
                          {"Cookie", "orrery_session=" + session.token}};
  EXPECT_EQ(ask("GET", "/api/stat/runtime-status", both).status, 401);
}

TEST_F(Web, Every_page_is_the_same_file_and_is_not_sent_twice) {
  const auto first = ask("GET", "/");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(first.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(ask("GET", "/chat").body, first.body);
  const auto etag =
      std::ranges::find(first.headers, "ETag", &std::pair<std::string, std::string>::first);
  ASSERT_NE(etag, first.headers.end());
  const auto again = ask("GET", "/", {{"If-None-Match", etag->second}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(Web, A_file_is_compressed_for_who_can_read_that) {
  const auto plain = ask("GET", "/licences.txt");
  const auto packed = ask("GET", "/licences.txt", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_LT(packed.body.size(), plain.body.size());
  EXPECT_TRUE(std::ranges::any_of(packed.headers, [](const auto& h) {
    return h == std::pair<std::string, std::string>{"Content-Encoding", "gzip"};
  }));
}

TEST_F(Web, No_page_may_run_a_script_that_is_not_ours_or_be_framed) {
  const auto page = ask("GET", "/");
  const auto policy = std::ranges::find(page.headers, "Content-Security-Policy",
                                        &std::pair<std::string, std::string>::first);
  ASSERT_NE(policy, page.headers.end());
  EXPECT_THAT(policy->second, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy->second, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy->second, Not(HasSubstr("unsafe")));
}

}  // namespace
}  // namespace orrery::web
