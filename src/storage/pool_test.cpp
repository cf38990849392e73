// The threads of a pool: how many there are, and when they go again.
#include <latch>

#include "databases/database_test.h"

namespace orrery::storage {
namespace {

using namespace std::chrono_literals;

class Pools : public testing::Test {
 protected:
  Pool::Job job(std::function<void()> work) {
    return {.patience = {std::chrono::steady_clock::now() + 10s, {}},
            .ticket = std::make_shared<Ticket>(),
            .run = [work = std::move(work)](Connection&) { work(); },
            .refuse = [this](const Error& error) { refused = error.text(); }};
  }
  Pool::Connect connect = [this](const Patience& patience) {
    return backend->connect(Access::read_write, patience);
  };
  std::unique_ptr<Backend> backend = *make_backend({.url = "sqlite::memory:", .data_folder = "/"});
  std::string refused;
};

TEST_F(Pools, After_a_rush_those_that_are_to_stay_stay) {
  Pool pool{{.name = "test", .size = 2, .overflow = 2, .overflow_stays = 30ms}, connect};
  std::latch all{4};
  for (int i = 0; i < 4; ++i) {
    pool.submit(job([&all] { all.arrive_and_wait(); }));
    pool.relieve();
  }
  all.wait();
  EXPECT_EQ(pool.numbers().threads, 4U);
  for (int i = 0; i < 500 && pool.numbers().threads > 2; ++i) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(100ms);  // in which no more may go
  EXPECT_EQ(pool.numbers().threads, 2U);
  EXPECT_EQ(pool.numbers().connections, 2U);
}

}  // namespace
}  // namespace orrery::storage
