// Host names, and a name server that takes its time.
#include "storage/postgres/names.h"

#include <atomic>
#include <latch>
#include <thread>

#include <gmock/gmock.h>

namespace orrery::storage::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

Patience within(Duration time) { return {std::chrono::steady_clock::now() + time, {}}; }

Address address_of(const std::string& url) { return *parse_address(url); }

// Knows what it is told, and says nothing before it is let.
struct NameServer {
  std::latch let{1};
  std::atomic<int> asked = 0;
  std::map<std::string, Addresses> known;
};

Names::Ask asking(const std::shared_ptr<NameServer>& asked) {
  return [server = asked](const std::string& name) -> Result<Addresses> {
    ++server->asked;
    server->let.wait();
    const auto at = server->known.find(name);
    if (at == server->known.end()) return fail(ErrorKind::not_found, "nobody knows {}", name);
    return at->second;
  };
}

class NamesTest : public testing::Test {
 protected:
  void known(const std::string& name, Addresses addresses) {
    server->known[name] = std::move(addresses);
  }
  std::shared_ptr<NameServer> server = std::make_shared<NameServer>();
  Names names{asking(server)};
};

TEST_F(NamesTest, A_name_server_that_says_nothing_is_given_up_at_the_deadline) {
  const auto found = names.addresses_of("db", within(30ms));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(found.error().text(), HasSubstr("did not say in time where 'db' is"));
  server->let.count_down();
}

TEST_F(NamesTest, A_stop_ends_the_wait_for_a_name_server) {
  async::StopSource stop;
  stop.request_stop(async::StopReason::shutdown);
  const auto found = names.addresses_of("db", {TimePoint::max(), stop.token()});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::cancelled);
  server->let.count_down();
}

TEST_F(NamesTest, However_often_a_silent_name_server_is_asked_one_thread_waits_for_it) {
  known("db", {"10.0.0.1"});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(names.addresses_of("db", within(5ms)));
  server->let.count_down();
  EXPECT_THAT(*names.addresses_of("db", within(10s)), ElementsAre("10.0.0.1"));
  EXPECT_LE(server->asked, 2) << "the last may have come when the first was answered";
}

TEST_F(NamesTest, What_a_lookup_leaves_behind_outlives_its_asker) {
  {
    Names short_lived{asking(server)};
    EXPECT_FALSE(short_lived.addresses_of("db", within(5ms)));
  }
  server->let.count_down();
}

TEST_F(NamesTest, Numbers_and_local_sockets_need_no_name_server) {
  for (const auto* url : {"postgresql://a@127.0.0.1:1/b", "postgresql://a@[::1]/b",
                          "postgresql:///b?host=/run/postgresql", "postgresql:///b",
                          "postgresql://a@db/b?hostaddr=10.0.0.1"}) {
    const auto places = places_of(address_of(url), names, within(10s));
    ASSERT_TRUE(places) << url;
    EXPECT_EQ(places->hosts + places->addresses + places->ports, "") << url;
  }
  EXPECT_EQ(server->asked, 0);
  server->let.count_down();
}

TEST_F(NamesTest, Every_address_of_every_host_is_to_be_tried_with_its_own_port) {
  server->let.count_down();
  known("one", {"::1", "10.0.0.1"});
  known("two", {"10.0.0.2"});
  const auto places =
      *places_of(address_of("postgresql://a@one:1,10.0.0.9:2,gone:3,two:4/b"), names, within(10s));
  EXPECT_EQ(places.hosts, "one,one,10.0.0.9,two");
  EXPECT_EQ(places.addresses, "::1,10.0.0.1,,10.0.0.2");
  EXPECT_EQ(places.ports, "1,1,2,4");
}

TEST_F(NamesTest, Where_no_host_has_an_address_the_last_reason_is_told) {
  server->let.count_down();
  const auto places = places_of(address_of("postgresql://a@gone/b"), names, within(10s));
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(places.error().text(), HasSubstr("nobody knows gone"));
  EXPECT_THAT(places.error().remedy(), HasSubstr("check the host"));
}

}  // namespace
}  // namespace orrery::storage::postgres
