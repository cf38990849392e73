// One suite for both: what a transcript promises, in memory and in the database.
#include "records/transcript.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/scope.h"
#include "storage/sqlite/sqlite_database.h"

namespace orrery::records {
namespace {

using namespace std::chrono_literals;
using chat::Line;

TimePoint soon() { return std::chrono::steady_clock::now() + 10s; }

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

struct Memory {
  chat::MemoryTranscript transcript;
};
struct Stored {
  Stored() { EXPECT_TRUE(wait(database.open({soon(), {}}))); }
  storage::sqlite::SqliteDatabase database{":memory:", 100ms};
  StoredTranscript transcript{database};
};

template <class Kind>
class Transcripts : public testing::Test {
 protected:
  Result<std::int64_t> say(const std::string& visitor, const std::string& id,
                           const std::string& text, Line::By by = Line::By::visitor,
                           const std::string& conversation = "main") {
    return wait(kind.transcript.add(visitor,
                                    {.number = 0,
                                     .conversation = conversation,
                                     .id = id,
                                     .by = by,
                                     .text = text,
                                     .at = wall_now(),
                                     .outcome = {}},
                                    {soon(), {}}));
  }
  std::vector<std::string> since(const std::string& visitor, std::int64_t number,
                                 std::size_t most = 100) {
    std::vector<std::string> texts;
    for (const auto& line :
         wait(kind.transcript.since(visitor, number, most, {soon(), {}})).value())
      texts.push_back(line.text + line.outcome);
    return texts;
  }
  Kind kind;
};

using Kinds = testing::Types<Memory, Stored>;
TYPED_TEST_SUITE(Transcripts, Kinds);

using Texts = std::vector<std::string>;

TYPED_TEST(Transcripts, What_came_after_a_number_comes_in_order_and_only_to_its_visitor) {
  const auto first = this->say("ada", "1", "a").value();
  this->say("eve", "1", "e").value();
  this->say("ada", "1", "b", Line::By::bot).value();
  this->say("ada", "2", "c").value();
  EXPECT_EQ(this->since("ada", 0), (Texts{"a", "b", "c"}));
  EXPECT_EQ(this->since("ada", first), (Texts{"b", "c"}));
  EXPECT_EQ(this->since("ada", 0, 2), (Texts{"b", "c"}));
  EXPECT_EQ(this->since("eve", 0), (Texts{"e"}));
}

TYPED_TEST(Transcripts, A_message_that_is_sent_again_is_not_kept_twice) {
  ASSERT_TRUE(this->say("ada", "1", "a"));
  EXPECT_EQ(this->say("ada", "1", "a").error().kind(), ErrorKind::conflict);
  EXPECT_EQ(this->since("ada", 0), (Texts{"a"}));
}

TYPED_TEST(Transcripts, What_became_of_a_message_is_kept_with_it) {
  ASSERT_TRUE(this->say("ada", "1", "a"));
  ASSERT_TRUE(wait(this->kind.transcript.settle("ada", "1", "answered", {soon(), {}})));
  EXPECT_EQ(this->since("ada", 0), (Texts{"aanswered"}));
}

TYPED_TEST(Transcripts, A_forgotten_conversation_is_gone_and_numbers_go_on) {
  this->say("ada", "1", "a", Line::By::visitor, "x").value();
  const auto last = this->say("ada", "2", "b", Line::By::visitor, "y").value();
  ASSERT_TRUE(wait(this->kind.transcript.forget("ada", "y", {soon(), {}})));
  EXPECT_EQ(this->since("ada", 0), (Texts{"a"}));
  EXPECT_GT(this->say("ada", "3", "c").value(), last);
}

TEST(StoredTranscript, What_an_earlier_program_left_unfinished_is_marked_as_failed) {
  Stored stored;
  const Line line{.number = 0,
                  .conversation = "main",
                  .id = "1",
                  .by = Line::By::visitor,
                  .text = "a",
                  .at = wall_now(),
                  .outcome = {}};
  ASSERT_TRUE(wait(stored.transcript.add("ada", line, {soon(), {}})));
  ASSERT_TRUE(wait(stored.transcript.close_unfinished({soon(), {}})));
  EXPECT_EQ(wait(stored.transcript.since("ada", 0, 9, {soon(), {}}))->front().outcome, "failed");
}

}  // namespace
}  // namespace orrery::records
