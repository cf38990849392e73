#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/scope.h"
#include "records/prefixes.h"
#include "storage/sqlite/sqlite_database.h"

namespace orrery::records {
namespace {

using namespace std::chrono_literals;

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
template <class T>
asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

template <class T>
Result<T> wait(Task<T> task) {
  asio::io_context io;
  async::SteadyClock clock{io.get_executor()};
  async::Scope scope{"test", io.get_executor(), clock, [](auto&&...) { std::abort(); }};
  std::optional<Result<T>> result;
  scope.spawn("task", keep<T>(std::move(task), result));
  io.run();
  return std::move(*result);
}

TimePoint soon() { return std::chrono::steady_clock::now() + 10s; }

TEST(StoredPrefixes, Are_seen_at_once_and_kept) {
  storage::sqlite::SqliteDatabase database{":memory:", 100ms};
  ASSERT_TRUE(wait(database.open({soon(), {}})));
  StoredPrefixes prefixes{database, "!"};
  EXPECT_EQ(prefixes.of("g"), std::vector<std::string>{"!"});
  ASSERT_TRUE(wait(prefixes.set("g", "?", soon(), {})));
  EXPECT_EQ(prefixes.of("g"), std::vector<std::string>{"?"});
  StoredPrefixes again{database, "!"};
  ASSERT_TRUE(wait(again.load({soon(), {}})));
  EXPECT_EQ(again.of("g"), std::vector<std::string>{"?"});
  EXPECT_EQ(again.of("other"), std::vector<std::string>{"!"});
}

TEST(StoredPrefixes, A_bad_one_changes_nothing) {
  storage::sqlite::SqliteDatabase database{":memory:", 100ms};
  ASSERT_TRUE(wait(database.open({soon(), {}})));
  StoredPrefixes prefixes{database, "!"};
  EXPECT_FALSE(wait(prefixes.set("g", "a b", soon(), {})));
  EXPECT_EQ(prefixes.of("g"), std::vector<std::string>{"!"});
}

}  // namespace
}  // namespace orrery::records
