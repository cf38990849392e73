// One suite for all: what a transcript promises, in memory and on every database.
#include "records/transcript.h"

#include "databases/database_test.h"

namespace orrery::records {
namespace {

using chat::Line;
using test::patience;
using test::wait_for;

class Transcripts : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (GetParam() == test::Kind::memory) {
      transcript = std::make_unique<chat::MemoryTranscript>();
      return;
    }
    database = open();
    transcript = std::make_unique<StoredTranscript>(*database);
  }
  Result<std::int64_t> say(const std::string& visitor, const std::string& id,
                           const std::string& text, Line::By by = Line::By::visitor,
                           const std::string& conversation = "main") {
    return wait_for(transcript->add(visitor,
                                    {.number = 0,
                                     .conversation = conversation,
                                     .id = id,
                                     .by = by,
                                     .text = text,
                                     .at = wall_now(),
                                     .outcome = {}},
                                    patience()));
  }
  std::vector<std::string> since(const std::string& visitor, std::int64_t number,
                                 std::size_t most = 100) {
    std::vector<std::string> texts;
    for (const auto& line : wait_for(transcript->since(visitor, number, most, patience())).value())
      texts.push_back(line.text + line.outcome);
    return texts;
  }
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<chat::Transcript> transcript;
};
INSTANTIATE_TEST_SUITE_P(On, Transcripts, test::every_database, test::name_of_kind);

using Texts = std::vector<std::string>;

TEST_P(Transcripts, What_came_after_a_number_comes_in_order_and_only_to_its_visitor) {
  const auto first = say("ada", "1", "a").value();
  say("eve", "1", "e").value();
  say("ada", "1", "b", Line::By::bot).value();
  say("ada", "2", "c").value();
  EXPECT_EQ(since("ada", 0), (Texts{"a", "b", "c"}));
  EXPECT_EQ(since("ada", first), (Texts{"b", "c"}));
  EXPECT_EQ(since("ada", 0, 2), (Texts{"b", "c"}));
  EXPECT_EQ(since("eve", 0), (Texts{"e"}));
}

TEST_P(Transcripts, A_message_that_is_sent_again_is_not_kept_twice) {
  ASSERT_TRUE(say("ada", "1", "a"));
  EXPECT_EQ(say("ada", "1", "a").error().kind(), ErrorKind::conflict);
  EXPECT_EQ(since("ada", 0), (Texts{"a"}));
}

TEST_P(Transcripts, What_became_of_a_message_is_kept_with_it) {
  ASSERT_TRUE(say("ada", "1", "a"));
  ASSERT_TRUE(wait_for(transcript->settle("ada", "1", "answered", patience())));
  EXPECT_EQ(since("ada", 0), (Texts{"aanswered"}));
}

TEST_P(Transcripts, A_forgotten_conversation_is_gone_and_numbers_go_on) {
  say("ada", "1", "a", Line::By::visitor, "x").value();
  const auto last = say("ada", "2", "b", Line::By::visitor, "y").value();
  ASSERT_TRUE(wait_for(transcript->forget("ada", "y", patience())));
  EXPECT_EQ(since("ada", 0), (Texts{"a"}));
  EXPECT_GT(say("ada", "3", "c").value(), last);
}

TEST_P(Transcripts, What_an_earlier_program_left_unfinished_is_marked_as_failed) {
  if (!database) GTEST_SKIP() << "what is only in memory ends with its program";
  ASSERT_TRUE(say("ada", "1", "a"));
  StoredTranscript next{*database};
  ASSERT_TRUE(wait_for(next.close_unfinished(patience())));
  EXPECT_EQ(since("ada", 0), (Texts{"afailed"}));
}

}  // namespace
}  // namespace orrery::records
