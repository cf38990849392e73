#include <type_traits>

#include <gtest/gtest.h>

#include "core/journal.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/text.h"
#include "core/time.h"

namespace orrery {
namespace {

static_assert(!fmt::is_formattable<Secret>::value, "a secret must not be printable");

TEST(Error, Context_goes_in_front_of_the_cause) {
  Error error = Error{ErrorKind::denied, "permission denied"}.with("opening x").with("starting");
  EXPECT_EQ(error.text(), "starting: opening x: permission denied");
}

TEST(Result, Holds_a_value_or_an_error) {
  Result<int> good = 3;
  Result<int> bad = fail(ErrorKind::invalid, "not {}", 3);
  EXPECT_EQ(good.value(), 3);
  EXPECT_EQ(bad.error().text(), "not 3");
}

TEST(Text, Nearest_suggests_slips_and_not_other_words) {
  const std::vector<std::string> names{"prefix", "port", "host"};
  EXPECT_EQ(nearest("prefx", names), "prefix");
  EXPECT_EQ(nearest("prot", names), "port");
  EXPECT_EQ(nearest("hosts", names), "host");
  EXPECT_EQ(nearest("database", names), std::nullopt);
}

TEST(Text, Utf8_is_told_from_what_only_looks_like_it) {
  const struct {
    std::string_view bytes;
    bool valid;
  } cases[] = {{"plain", true},
               {"\xC3\xA9", true},
               {"\xF0\x9F\x98\x80", true},
               {"\xC0\xAF", false},
               {"\xE0\x80\xAF", false},
               {"\xED\xA0\x80", false},
               {"\xF5\x80\x80\x80", false},
               {"\xE2\x82", false},
               {"\x80", false}};
  for (const auto& c : cases) EXPECT_EQ(is_utf8(c.bytes), c.valid) << printable(c.bytes);
}

TEST(Text, Printable_shows_what_could_forge_a_line) {
  EXPECT_EQ(printable("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
  EXPECT_EQ(printable("é\xE2\x80\xAEtxt\xFF"), "é\\u{202e}txt\\xff");
}

TEST(Text, As_utf8_keeps_what_it_can) {
  EXPECT_EQ(as_utf8("é日本"), "é日本");
  EXPECT_EQ(as_utf8(std::string_view{"a\0b\xC3", 4}),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

TEST(Text, Visible_is_what_a_person_can_see_and_type) {
  const struct {
    std::string_view text;
    bool visible;
  } cases[] = {{"!", true},
               {"hey,", true},
               {"日本", true},
               {"❤️", true},            // with a variation selector
               {"👩‍💻", true},  // with a joiner
               {"", false},
               {"a b", false},
               {"a\xC2\xA0", false},  // no-break space
               {"\xE2\x80\xAE"
                "abc",
                false},                   // right-to-left override
               {"\xE2\x80\x8B", false},   // zero width space
               {"\xEF\xBB\xBF!", false},  // byte order mark
               {"\xEF\xB8\x8F", false},   // a variation selector of nothing
               {"\xE3\x85\xA4", false},   // a filler
               {"a\n", false},
               {"\xFF", false}};
  for (const auto& c : cases)
    EXPECT_EQ(is_visible(c.text, Spaces::none), c.visible) << printable(c.text);
  EXPECT_TRUE(is_visible("a b", Spaces::fine));
  EXPECT_FALSE(is_visible("  ", Spaces::fine));
}

TEST(Time, Durations_read_as_a_person_would_say_them) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human(850us), "850 us");
  EXPECT_EQ(human(12300us), "12.3 ms");
  EXPECT_EQ(human(4200ms), "4.2 s");
  EXPECT_EQ(human(185s), "3 min 5 s");
  EXPECT_EQ(human(7800s), "2 h 10 min");
}

TEST(Journal, A_late_reader_gets_what_was_kept_and_then_what_is_new) {
  Journal journal;
  journal.write(Level::info, "test", "first");
  std::vector<std::string> seen;
  {
    auto reading = journal.read([&](const Event& event) { seen.push_back(event.fact); });
    journal.write(Level::info, "test", "second");
  }
  journal.write(Level::info, "test", "third");
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "second"}));
}

TEST(Journal, Keeps_a_bounded_number_of_events) {
  Journal journal;
  for (std::size_t i = 0; i < Journal::kept + 10; ++i) journal.write(Level::info, "test", "x");
  std::uint64_t first = 0;
  auto reading = journal.read([&](const Event& event) {
    if (first == 0) first = event.number;
  });
  EXPECT_EQ(first, 11U);
}

TEST(Secret, Is_wiped_when_moved_from) {
  Secret a{"token"};
  Secret b{std::move(a)};
  EXPECT_EQ(b.reveal(), "token");
  EXPECT_TRUE(
      a.empty());  // NOLINT(bugprone-use-after-move): the state after the move is the subject
}

}  // namespace
}  // namespace orrery
