#include <cstdlib>
#include <thread>

#include <boost/json.hpp>
#include <liboath/oath.h>

#include "web/web_fixture.h"

namespace orrery::web {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

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
  EXPECT_FALSE(wait(accounts->set_up("wrong", given("ada", "correct horse"))));
  EXPECT_TRUE(wait(accounts->set_up(token, given("ada", "correct horse"))));
  EXPECT_FALSE(wait(accounts->set_up(token, given("eve", "correct horse"))));
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
  const auto second = open("ada", "correct horse").value();
  const auto left = accounts->ending(*accounts->session(first.token));
  const auto outlived = accounts->ending(*accounts->session(second.token));
  accounts->sign_out(first.token);
  EXPECT_TRUE(left.requested());
  EXPECT_FALSE(outlived.requested());
  ASSERT_TRUE(wait(accounts->set_password("ada", Secret{"another horse"})));
  EXPECT_TRUE(outlived.requested());
}

TEST_F(Web, A_sign_in_under_way_does_not_outlive_a_change_of_the_password) {
  ASSERT_TRUE(wait(accounts->add("ada", Secret{"correct horse"})));
  std::optional<Result<>> changed;
  std::optional<Result<Accounts::Opened>> opened;
  // The pool hashes one after the other: the new password first, then the old one is compared.
  tasks.spawn("change", keep(accounts->set_password("ada", Secret{"another horse"}), changed));
  tasks.spawn("sign in", keep(accounts->sign_in(given("ada", "correct horse")), opened));
  io.restart();
  io.run();
  EXPECT_TRUE(changed->has_value());
  EXPECT_FALSE(opened->has_value());
}

TEST_F(Web, A_changed_password_ends_the_users_sessions) {
  const auto session = sign_in();
  ASSERT_TRUE(wait(accounts->set_password("ada", Secret{"another horse"})));
  EXPECT_FALSE(accounts->session(session.token));
  EXPECT_FALSE(open("ada", "correct horse"));
  EXPECT_TRUE(open("ada", "another horse"));
}

TEST_F(Web, Signing_out_everywhere_ends_every_session_of_the_user_and_no_other) {
  const auto first = sign_in();
  const auto second = open("ada", "correct horse").value();
  ASSERT_TRUE(wait(accounts->add("eve", Secret{"correct horse"})));
  const auto other = open("eve", "correct horse").value();
  EXPECT_EQ(accounts->sign_out_everywhere("ada").value(), 2U);
  EXPECT_FALSE(accounts->session(first.token));
  EXPECT_FALSE(accounts->session(second.token));
  EXPECT_TRUE(accounts->session(other.token));
}

TEST_F(Web, Who_is_removed_takes_sessions_and_keys_along_but_the_last_one_stays) {
  const auto session = sign_in();
  const auto key =
      accounts->make_key({.name = "a bot", .user = "ada", .scopes = {Scope::chat}}).value();
  EXPECT_EQ(accounts->remove("ada").error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(wait(accounts->add("eve", Secret{"correct horse"})));
  ASSERT_TRUE(accounts->remove("ada"));
  EXPECT_FALSE(accounts->session(session.token));
  EXPECT_FALSE(accounts->key(key));
}

TEST_F(Web, A_key_ends_when_it_expires_or_is_revoked_and_is_kept_as_a_hash) {
  sign_in();
  const auto late = accounts->make_key(
      {.name = "late", .user = "ada", .scopes = {Scope::read}, .expires = wall_now() - 1s});
  EXPECT_EQ(late.error().kind(), ErrorKind::invalid);
  const auto key =
      accounts->make_key({.name = "a watcher", .user = "ada", .scopes = {Scope::read}}).value();
  Accounts again{folder + "/accounts.json"};
  ASSERT_TRUE(again.load());
  ASSERT_TRUE(again.key(key));
  EXPECT_TRUE(again.key(key)->may(Scope::read));
  EXPECT_FALSE(again.key(key)->may(Scope::manage));
  std::ifstream in{folder + "/accounts.json"};
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, Not(HasSubstr(key)));
  const auto ending = accounts->ending(*accounts->key(key));
  ASSERT_TRUE(accounts->revoke_key(accounts->keys().front().id));
  EXPECT_TRUE(ending.requested());
  EXPECT_FALSE(accounts->key(key));
  EXPECT_EQ(accounts->revoke_key("nonsense").error().kind(), ErrorKind::not_found);
}

TEST_F(Web, A_key_whose_time_is_over_opens_nothing_and_ends_what_it_opened) {
  sign_in();
  const auto key = accounts->make_key(
      {.name = "short", .user = "ada", .scopes = {Scope::read}, .expires = wall_now() + 50ms});
  const auto ending = accounts->ending(*accounts->key(*key));
  accounts->end_expired();
  EXPECT_FALSE(ending.requested());
  const auto late = std::chrono::steady_clock::now() + 5s;
  while (accounts->key(*key) && std::chrono::steady_clock::now() < late) std::this_thread::yield();
  EXPECT_FALSE(accounts->key(*key));
  accounts->end_expired();
  EXPECT_TRUE(ending.requested());
}

TEST_F(Web, A_name_that_is_given_again_is_somebody_else) {
  sign_in();
  ASSERT_TRUE(wait(accounts->add("eve", Secret{"correct horse"})));
  const auto before = accounts->session(open("eve", "correct horse")->token)->id;
  ASSERT_TRUE(accounts->remove("eve"));
  ASSERT_TRUE(wait(accounts->add("eve", Secret{"another horse"})));
  EXPECT_NE(accounts->session(open("eve", "another horse")->token)->id, before);
}

TEST_F(Web, A_password_is_changed_only_with_the_password_of_who_does_it) {
  const auto session = sign_in();
  const net::Headers mine{{"Cookie", "orrery_session=" + session.token},
                          {"X-Orrery-Csrf", session.csrf}};
  const auto change = [&](const std::string& more) {
    return ask("POST", "/api/users/password", mine,
               R"({"username":"ada","password":"another horse")" + more + "}")
        .status;
  };
  EXPECT_EQ(change(""), 403);
  EXPECT_EQ(change(R"(,"confirm":"wrong horse!")"), 403);
  EXPECT_EQ(change(R"(,"confirm":"correct horse")"), 200);
  const auto key = accounts->make_key({.name = "all", .user = "ada", .scopes = {Scope::manage}});
  const net::Headers bearer{{"Authorization", "Bearer " + *key}};
  EXPECT_EQ(ask("POST", "/api/users/password", bearer,
                R"({"username":"ada","password":"third horse!","confirm":"another horse"})")
                .status,
            403);
  EXPECT_EQ(ask("POST", "/api/keys", bearer, R"({"name":"more","scopes":["operate"]})").status,
            403);
}

std::string code_of(const Secret& base32, WallTime at) {
  char* key = nullptr;
  std::size_t size = 0;
  oath_base32_decode(base32.reveal().data(), base32.reveal().size(), &key, &size);
  std::string code(7, '\0');
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch());
  oath_totp_generate(key, size, seconds.count(), 30, 0, 6, code.data());
  std::free(key);  // NOLINT
  code.resize(6);
  return code;
}

TEST_F(Web, A_second_factor_is_asked_for_and_each_code_counts_once) {
  sign_in();
  const auto secret = accounts->begin_second_factor("ada").value();
  EXPECT_FALSE(accounts->confirm_second_factor("ada", "000000") &&
               code_of(secret, wall_now()) != "000000");
  const auto codes = accounts->confirm_second_factor("ada", code_of(secret, wall_now())).value();
  EXPECT_EQ(codes.size(), 10U);
  EXPECT_EQ(open("ada", "correct horse").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(open("ada", "wrong horse!").error().kind(), ErrorKind::denied);
  EXPECT_FALSE(open("ada", "correct horse", code_of(secret, wall_now())));  // has confirmed it
  const auto next = code_of(secret, wall_now() + 30s);
  EXPECT_TRUE(open("ada", "correct horse", next));
  EXPECT_FALSE(open("ada", "correct horse", next));
  EXPECT_TRUE(open("ada", "correct horse", codes.front()));
  EXPECT_FALSE(open("ada", "correct horse", codes.front()));
  ASSERT_TRUE(accounts->end_second_factor("ada"));
  EXPECT_TRUE(open("ada", "correct horse"));
}

TEST_F(Web, The_login_route_says_that_a_code_is_needed) {
  sign_in();
  const auto secret = accounts->begin_second_factor("ada").value();
  ASSERT_TRUE(accounts->confirm_second_factor("ada", code_of(secret, wall_now())));
  const auto response =
      ask("POST", "/api/auth/login", {}, R"({"username":"ada","password":"correct horse"})");
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.body, HasSubstr("\"needs\":\"code\""));
}

TEST_F(Web, A_file_of_the_first_version_is_read) {
  sign_in();
  std::ifstream in{folder + "/accounts.json"};
  const auto whole = boost::json::parse(std::string((std::istreambuf_iterator<char>(in)), {}));
  const auto hash = whole.at("users").at("ada").at("password");
  std::ofstream{folder + "/accounts.json"}
      << boost::json::serialize(boost::json::object{{"version", 1},
                                                    {"users", {{"ada", hash}}},
                                                    {"sessions", boost::json::object{}},
                                                    {"setup", nullptr}});
  Accounts old{folder + "/accounts.json"};
  ASSERT_TRUE(old.load());
  EXPECT_TRUE(wait(old.sign_in(given("ada", "correct horse"))));
}

}  // namespace
}  // namespace orrery::web
