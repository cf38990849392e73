// What a database on a server can suffer, and what its users are told. Over 400 lines, because
// whoever changes how we speak to a server reads what must hold of it in one place.
#include <thread>
#include <tuple>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "databases/database_test.h"
#include "storage/upkeep.h"

namespace orrery::storage::postgres {
namespace {

using test::patience;
using test::PostgresServer;
using test::wait_for;
using testing::HasSubstr;
using namespace std::chrono_literals;

const Statement keep{"INSERT INTO prefixes VALUES ($1, '!')", {std::string{"g"}}};

class Postgres : public testing::Test {
 protected:
  std::unique_ptr<Database> database(const std::string& url, DatabaseOptions options = {}) {
    auto backend = make_backend({.url = url, .data_folder = "/", .connect_timeout = 2s});
    EXPECT_TRUE(backend) << backend.error().text();
    return std::make_unique<Database>(std::move(*backend), std::move(options), journal, numbers);
  }
  std::unique_ptr<Database> opened(const std::string& url, DatabaseOptions options = {}) {
    auto fresh = database(url, std::move(options));
    const auto done = wait_for(fresh->open(patience()));
    EXPECT_TRUE(done) << done.error().text();
    return fresh;
  }
  Error failure_of(const std::string& url) {
    auto fresh = database(url);
    auto done = wait_for(fresh->open(patience()));
    EXPECT_FALSE(done);
    return std::move(done).error();
  }
  std::int64_t count(Database& of) {
    const auto rows = wait_for(of.read({"SELECT count(*) FROM prefixes", {}}, patience()));
    EXPECT_TRUE(rows) << rows.error().text();
    return rows ? rows->front().integer(0) : -1;
  }
  PostgresServer& server = PostgresServer::shared();
  Journal journal;
  DatabaseNumbers numbers;
};

TEST_F(Postgres, A_wrong_password_is_denied_and_never_shown) {
  server.make_database();
  const auto error = failure_of(server.url(server.last_database(), "hunter2"));
  EXPECT_EQ(error.kind(), ErrorKind::denied);
  EXPECT_THAT(error.text(), HasSubstr("password authentication failed"));
  EXPECT_THAT(error.text(), testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(error.remedy(), HasSubstr("password in database.url"));
}

TEST_F(Postgres, A_database_that_does_not_exist_is_named_with_the_command_that_makes_it) {
  const auto error = failure_of(server.url("nowhere", "orbit and orrery"));
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_THAT(error.text(), HasSubstr("nowhere"));
  EXPECT_THAT(error.remedy(), HasSubstr("createdb -h 127.0.0.1 -p "));
}

TEST_F(Postgres, A_refused_connection_says_where_and_how_to_start_it) {
  const auto error = failure_of("postgresql://a:b@127.0.0.1:1/bot");
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(error.text(), "PostgreSQL on 127.0.0.1:1/bot refused the connection");
  EXPECT_THAT(error.remedy(), HasSubstr("systemctl start postgresql"));
}

TEST_F(Postgres, A_host_by_name_is_tried_at_each_of_its_addresses) {
  auto url = server.make_database();  // on 127.0.0.1 only; localhost is often ::1 first
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  EXPECT_EQ(count(*opened(url)), 0);
}

TEST_F(Postgres, A_host_that_nobody_knows_is_named) {
  const auto error = failure_of("postgresql://a:b@nowhere.invalid:1/bot");
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(error.text(), HasSubstr("nowhere.invalid"));
  EXPECT_THAT(error.remedy(), HasSubstr("name server"));
}

TEST_F(Postgres, A_url_that_means_nothing_is_refused_without_repeating_it) {
  const auto backend = make_backend({.url = "postgresql://a:hunter2@[x/y", .data_folder = "/"});
  ASSERT_FALSE(backend);
  EXPECT_THAT(backend.error().text(), testing::Not(HasSubstr("hunter2")));
}

TEST_F(Postgres, What_is_wrong_with_a_url_is_told_in_words) {
  const std::string begin = "postgresql://a:hunter2@127.0.0.1:";
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"99999/bot", "invalid port number: \"99999\"", "port"},
      {"1/bot?sslmode=nonsense", "invalid sslmode value: \"nonsense\"", "options"},
      {"1/bot?service=nope", "nope", "service"},
      {"1/bot?host=/a-folder-with-a-name-that-is-much-longer-than-any-socket-may-have-because-the-"
       "kernel-keeps-room-for-a-hundred-bytes",
       "is too long", "folder"}};
  for (const auto& [rest, text, remedy] : cases) {
    const auto error = failure_of(begin + rest);
    EXPECT_THAT(error.text(), HasSubstr(text));
    EXPECT_THAT(error.remedy(), HasSubstr(remedy)) << rest;
    EXPECT_THAT(error.text(), testing::Not(HasSubstr("hunter2")));
  }
}

TEST_F(Postgres, A_schema_may_have_any_name) {
  auto url = server.make_database();
  server.sql(server.last_database(), "CREATE SCHEMA \"My \"\"Bot\" AUTHORIZATION orrery");
  server.sql(server.last_database(), "ALTER ROLE orrery IN DATABASE " + server.last_database() +
                                         " SET search_path TO \"My \"\"Bot\"");
  EXPECT_EQ(count(*opened(url)), 0);
  EXPECT_EQ(count(*opened(url)), 0) << "found again";
}

TEST_F(Postgres, Whether_tables_may_be_made_is_told_before_one_is) {
  const auto url = server.make_database();
  const auto backend = make_backend({.url = url, .data_folder = "/"});
  auto connection = *(*backend)->connect(Access::read_only, patience());
  EXPECT_TRUE((*backend)->may_migrate(*connection));
  server.sql(server.last_database(), "ALTER ROLE orrery IN DATABASE " + server.last_database() +
                                         " SET search_path TO nowhere");
  connection = *(*backend)->connect(Access::read_only, patience());
  EXPECT_THAT((*backend)->may_migrate(*connection).error().text(), HasSubstr("no schema"));
}

TEST_F(Postgres, A_database_that_cannot_hold_every_letter_is_refused) {
  server.sql("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'");
  const auto error = failure_of(server.url("latin", "orbit and orrery"));
  EXPECT_EQ(error.kind(), ErrorKind::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("LATIN1"));
  EXPECT_THAT(error.remedy(), HasSubstr("createdb -E UTF8"));
}

TEST_F(Postgres, Several_hosts_are_shown_each_with_its_port) {
  const auto backend =
      make_backend({.url = "postgresql://a@one:1,[::1],10.0.0.1:3/bot", .data_folder = "/"});
  EXPECT_EQ((*backend)->name(), "PostgreSQL on one:1, [::1]:5432, 10.0.0.1:3/bot");
}

TEST_F(Postgres, A_connection_cut_in_the_middle_of_a_transaction_keeps_nothing) {
  auto database = opened(server.make_database());
  const Database::Work<int> work = [&](Connection& connection) -> Result<int> {
    auto written = connection.run(keep);
    if (!written) return fail(written.error());
    server.sql(server.last_database(),
               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
               "current_database() AND pid <> pg_backend_pid()");
    auto more = connection.run({"SELECT 1", {}});
    return more ? Result<int>{1} : fail(more.error());
  };
  const auto done = wait_for(database->transact(work, patience()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::unavailable) << done.error().text();
  EXPECT_EQ(count(*database), 0);
  EXPECT_TRUE(wait_for(database->write({keep}, patience())));
}

TEST_F(Postgres, A_server_that_was_restarted_meanwhile_is_not_noticed) {
  PostgresServer own;
  auto database = opened(own.make_database());
  for (const auto* mode : {"fast", "immediate"}) {
    ASSERT_EQ(count(*database), 0);
    own.stop(mode);
    own.start();
    EXPECT_TRUE(wait_for(database->read({"SELECT 1", {}}, patience()))) << mode;
    auto cleared = wait_for(database->write({{"DELETE FROM prefixes", {}}, keep}, patience()));
    EXPECT_TRUE(cleared) << mode << ": " << cleared.error().text();
    ASSERT_TRUE(wait_for(database->write({{"DELETE FROM prefixes", {}}}, patience())));
  }
}

TEST_F(Postgres, A_server_that_is_down_is_told_and_serves_again_when_it_is_back) {
  PostgresServer own;
  auto database = opened(own.make_database());
  own.stop();
  EXPECT_FALSE(wait_for(database->read({"SELECT 1", {}}, patience())));
  const auto written = wait_for(database->write({keep}, patience()));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(written.error().remedy(), HasSubstr("start it"));
  ASSERT_TRUE(database->trouble());
  own.start();
  // Within the moment in which the failed attempt still answers for the next.
  Result<> probed = fail(ErrorKind::internal, "");
  for (int i = 0; i < 100 && !probed; ++i) {
    std::this_thread::sleep_for(10ms);
    probed = wait_for(database->probe(patience()));
  }
  EXPECT_TRUE(probed) << probed.error().text();
  EXPECT_FALSE(database->trouble());
  EXPECT_EQ(count(*database), 0) << "what was refused is not kept";
}

TEST_F(Postgres, At_the_servers_limit_those_who_are_connected_do_the_work) {
  PostgresServer own{" max_connections=6 superuser_reserved_connections=0"};
  const auto url = own.make_database();
  auto database = opened(url, {.connections = 4, .overflow = 4});
  std::vector<std::unique_ptr<Connection>> others;
  while (true) {
    auto connection = database->backend().connect(Access::read_only, patience());
    if (!connection) {
      EXPECT_EQ(connection.error().kind(), ErrorKind::unavailable);
      EXPECT_THAT(connection.error().remedy(), HasSubstr("max_connections"));
      break;
    }
    others.push_back(std::move(*connection));
  }
  std::vector<std::jthread> rush;
  for (int i = 0; i < 8; ++i) {
    rush.emplace_back([&] {
      const auto rows = wait_for(database->read({"SELECT pg_sleep(0.02)", {}}, patience()));
      EXPECT_TRUE(rows) << rows.error().text();
    });
  }
}

TEST_F(Postgres, A_frozen_server_costs_no_more_than_the_deadline_and_a_grace) {
  PostgresServer own;
  auto database = opened(own.make_database());
  own.freeze();
  const auto begun = std::chrono::steady_clock::now();
  const auto rows = wait_for(database->write({keep}, patience(100ms)));
  const auto took = std::chrono::steady_clock::now() - begun;
  const auto probed = wait_for(database->probe(patience(500ms)));
  EXPECT_FALSE(probed);
  EXPECT_TRUE(database->trouble());
  own.thaw();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::timeout) << rows.error().text();
  EXPECT_THAT(rows.error().text(), HasSubstr("may or may not be kept"));
  EXPECT_LT(took, 4s);
  EXPECT_TRUE(wait_for(database->read({"SELECT 1", {}}, patience())));
}

TEST_F(Postgres, What_had_no_answer_is_decided_before_anything_else_is_read) {
  const auto url = server.make_database();
  auto backend = make_backend(
      {.url = url, .data_folder = "/", .connect_timeout = 2s, .presence = Presence::announced});
  Database database{std::move(*backend), {.connections = 1, .overflow = 0}, journal, numbers};
  ASSERT_TRUE(wait_for(database.open(patience())));
  const auto pid = wait_for(database.read({"SELECT pg_backend_pid()", {}}, patience()));
  test::Frozen process{pid->front().integer(0)};
  const auto written = wait_for(database.write({keep}, patience(100ms)));
  ASSERT_FALSE(written);
  ASSERT_TRUE(written.error().is_unsure()) << written.error().text();
  const Statement look{"SELECT count(*) FROM prefixes", {}};
  const auto early = wait_for(database.read(look, patience()));
  ASSERT_FALSE(early) << "it may yet be kept";
  EXPECT_THAT(early.error().text(), HasSubstr("has not ended"));
  process.thaw();
  const auto seen = wait_for(database.read(look, patience()));
  ASSERT_TRUE(seen) << seen.error().text();
  std::this_thread::sleep_for(100ms);  // in which nothing may come after all
  EXPECT_EQ(server.sql(server.last_database(), look.sql)[0],
            static_cast<char>('0' + seen->front().integer(0)));
}

TEST_F(Postgres, A_statement_whose_time_is_up_in_a_transaction_is_late_and_not_a_lost_database) {
  auto database = opened(server.make_database());
  const Database::Work<int> work = [](Connection& connection) -> Result<int> {
    auto first = connection.run({"SELECT pg_sleep(0.05)", {}});
    if (!first) return fail(first.error());
    std::this_thread::sleep_for(300ms);
    auto second = connection.run(keep);
    return second ? Result<int>{1} : fail(second.error());
  };
  const auto done = wait_for(database->transact(work, patience(200ms)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::timeout) << done.error().text();
  EXPECT_FALSE(done.error().is_unsure());
  EXPECT_FALSE(database->trouble());
  EXPECT_EQ(count(*database), 0);
}

// Accepts and says nothing, as a host does whose packets are dropped on the way.
class Silent {
 public:
  Silent() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  ~Silent() { ::close(socket_); }
  int port = 0;

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST_F(Postgres, A_server_that_does_not_let_us_in_is_named_as_that_and_not_as_busy) {
  const Silent silent;
  auto waiting =
      database(fmt::format("postgresql://a:b@127.0.0.1:{}/bot", silent.port), {.wait = 200ms});
  const auto late = wait_for(waiting->write({keep}, patience()));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().text(), HasSubstr("did not answer in time"));
  EXPECT_TRUE(waiting->trouble());
  auto hasty =
      database(fmt::format("postgresql://a:b@127.0.0.1:{}/bot", silent.port), {.wait = 200ms});
  const auto sooner = wait_for(hasty->write({keep}, patience(400ms)));
  ASSERT_FALSE(sooner);
  EXPECT_EQ(sooner.error().kind(), ErrorKind::unavailable) << sooner.error().text();
  EXPECT_TRUE(hasty->trouble());
}

TEST_F(Postgres, Batches_that_collide_at_their_end_are_tried_again) {
  auto database = opened(server.make_database(), {.connections = 4, .overflow = 0});
  std::vector<std::jthread> rush;
  std::atomic<int> kept = 0;
  for (int i = 0; i < 4; ++i) {
    rush.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        const auto done = wait_for(
            database->write({{"DELETE FROM prefixes WHERE guild = 'g'", {}}, keep}, patience()));
        if (done) ++kept;
        if (!done) EXPECT_EQ(done.error().kind(), ErrorKind::conflict) << done.error().text();
      }
    });
  }
  rush.clear();
  EXPECT_GT(kept, 1100);
  EXPECT_FALSE(database->trouble());
  EXPECT_EQ(count(*database), 1);
}

TEST_F(Postgres, A_commit_of_what_had_failed_is_no_success) {
  auto database = opened(server.make_database());
  const Database::Work<int> work = [](Connection& connection) -> Result<int> {
    auto first = connection.run(keep);
    if (!first) return fail(first.error());
    [[maybe_unused]] const auto swallowed = connection.run({"SELECT nonsense", {}});
    return 1;
  };
  const auto done = wait_for(database->transact(work, patience()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(count(*database), 0);
}

TEST_F(Postgres, Whoever_waits_for_a_migration_names_who_migrates_and_hears_the_deadline) {
  auto database = this->database(server.make_database());
  auto holder = database->backend().connect(Access::read_write, patience());
  ASSERT_TRUE(holder);
  ASSERT_TRUE(database->backend().lock_migrations(**holder, patience(), {}));
  auto other = database->backend().connect(Access::read_write, patience());
  ASSERT_TRUE(other);
  std::vector<std::string> told;
  const MigrateOptions options{.backups = {},
                               .progress = [&](const std::string& what) { told.push_back(what); }};
  const auto migrated =
      migrate(database->backend(), **other, migrations(), options, patience(300ms));
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().kind(), ErrorKind::timeout);
  EXPECT_THAT(migrated.error().text(), HasSubstr("is being migrated by the server's process"));
  ASSERT_FALSE(told.empty());
  EXPECT_THAT(told.front(), HasSubstr("waiting for the server's process"));
}

TEST_F(Postgres, While_a_bot_lives_on_it_no_copy_is_put_in_its_place) {
  const auto url = server.make_database();
  auto bots = make_backend({.url = url, .data_folder = "/", .presence = Presence::announced});
  auto bot = (*bots)->connect(Access::read_write, patience());
  ASSERT_TRUE(bot);
  ASSERT_TRUE(migrate(**bots, **bot, migrations(), {}, patience()));
  const test::TemporaryFolder folder;
  Upkeep upkeep{*make_backend({.url = url, .data_folder = "/"}), folder.path, 3};
  const auto copy = upkeep.back_up(std::nullopt, patience());
  ASSERT_TRUE(copy) << copy.error().text();
  const auto restored = upkeep.restore(*copy, patience());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind(), ErrorKind::conflict);
  EXPECT_THAT(restored.error().text(), HasSubstr("a bot uses PostgreSQL on"));
  EXPECT_EQ(upkeep.roll_back(3, {}, patience()).error().kind(), ErrorKind::conflict);
  bot->reset();
  for (int i = 0; i < 100 && !upkeep.restore(*copy, patience()); ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(upkeep.restore(*copy, patience()));
}

TEST_F(Postgres, A_thousand_different_statements_do_not_pile_up_on_the_server) {
  auto database = opened(server.make_database(), {.connections = 1, .overflow = 0});
  for (int i = 0; i < 600; ++i) {
    const auto rows = wait_for(database->read(
        {fmt::format("SELECT {} + CAST($1 AS BIGINT)", i), {std::int64_t{1}}}, patience()));
    ASSERT_TRUE(rows) << rows.error().text();
    ASSERT_EQ(rows->front().integer(0), i + 1);
  }
  const auto rows =
      wait_for(database->read({"SELECT count(*) FROM pg_prepared_statements", {}}, patience()));
  EXPECT_LE(rows->front().integer(0), 256);
}

TEST_F(Postgres, A_batch_with_the_same_new_statement_many_times_prepares_it_once) {
  auto database = opened(server.make_database(), {.connections = 1, .overflow = 0});
  std::vector<Statement> batch;
  for (int i = 0; i < 100; ++i)
    batch.push_back({"INSERT INTO prefixes VALUES ($1, '!')", {fmt::to_string(i)}});
  ASSERT_TRUE(wait_for(database->write(batch, patience())));
  EXPECT_EQ(count(*database), 100);
}

}  // namespace
}  // namespace orrery::storage::postgres
