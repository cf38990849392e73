#include "chat/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::chat {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const Declaration ban{
    .parameters =
        {{.name = "user", .kind = Kind::user},
         {.name = "days", .kind = Kind::integer, .need = Need::optional, .least = 0, .most = 7},
         {.name = "reason", .kind = Kind::rest, .need = Need::optional, .most = 100}},
    .flags = {{.name = "silent"},
              {.name = "for", .takes = Parameter{.name = "span", .kind = Kind::duration}}}};

class Parsing : public testing::Test {
 protected:
  Parsing() {
    auto& guild = directory["g"];
    guild.members = {{"1", "Ada"}, {"2", "Eve"}, {"3", "eve"}, {"4", "Two Words"}};
    guild.roles = {{"10", "Mods"}};
    guild.channels = {{"20", "general"}};
  }
  Result<Arguments> parsed(const Declaration& declaration, std::string_view text) {
    return parse(declaration, text, {"g", &directory});
  }
  std::string refusal(const Declaration& declaration, std::string_view text) {
    const auto result = parsed(declaration, text);
    return result ? "accepted" : result.error().text();
  }
  MemoryDirectory directory;
};

TEST_F(Parsing, Words_flags_and_a_rest_as_it_was_written) {
  const auto given = parsed(ban, "--silent Ada --for 1h30m 7 being  \"rude\" --silent");
  ASSERT_TRUE(given) << given.error().text();
  EXPECT_EQ(given->get<Member>("user")->id, "1");
  EXPECT_EQ(*given->get<std::int64_t>("days"), 7);
  EXPECT_EQ(given->text("reason"), "being  \"rude\" --silent");
  EXPECT_TRUE(given->has("silent"));
  EXPECT_EQ(*given->get<Duration>("for"), 90min);
}

TEST_F(Parsing, What_is_optional_may_be_left_out) {
  const auto given = parsed(ban, "<@!1>");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->get<Member>("user")->name, "Ada");
  EXPECT_FALSE(given->has("days"));
}

TEST_F(Parsing, Refuses_in_words_that_say_what_is_wrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "USER is missing"},
      {"Nobody", "there is no user 'Nobody' here"},
      {"eve", "there is no user 'eve' here"},  // two of them
      {"Ada 8", "DAYS must be a whole number from 0 to 7, not '8'"},
      {"Ada x", "DAYS must be a whole number from 0 to 7, not 'x'"},
      {"Ada 1 " + std::string(101, 'r'), "of at most 100"},
      {"Ada --slient", "there is no flag '--slient', did you mean 'silent'?"},
      {"Ada --for", "--for needs SPAN"},
      {"Ada --for=never", "SPAN must be a duration"},
      {"Ada --silent=1", "--silent takes no value"}};
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(refusal(ban, text), HasSubstr(expected)) << text;
}

TEST_F(Parsing, A_name_of_several_words_goes_in_quotes) {
  EXPECT_EQ(parsed(ban, "\"two words\"")->get<Member>("user")->id, "4");
  EXPECT_THAT(refusal({.parameters = {{.name = "x"}}}, "\"open"), HasSubstr("not closed"));
}

TEST_F(Parsing, A_thousand_flags_and_words_are_refused_not_cut) {
  std::string flags = "Ada";
  for (int i = 0; i < 1000; ++i) flags += " --silent";
  EXPECT_THAT(refusal(ban, flags), HasSubstr("at most"));
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "w ";
  EXPECT_THAT(refusal({.parameters = {{.name = "x"}}}, words), HasSubstr("no use for 'w'"));
}

TEST_F(Parsing, Two_dashes_end_the_flags) {
  const Declaration one{.parameters = {{.name = "x"}}, .flags = {{.name = "f"}}};
  EXPECT_EQ(parsed(one, "-- --f")->text("x"), "--f");
}

TEST_F(Parsing, Every_kind_is_converted_or_refused) {
  struct Case {
    Parameter parameter;
    std::string good;
    std::string bad;
  };
  const Case cases[] = {
      {{.name = "p", .kind = Kind::integer}, "-12", "1.5"},
      {{.name = "p", .kind = Kind::number, .least = 0, .most = 1}, "0.5", "nan"},
      {{.name = "p", .kind = Kind::yes_no}, "ON", "maybe"},
      {{.name = "p", .kind = Kind::duration}, "2d", "2x"},
      {{.name = "p", .kind = Kind::choice, .choices = {"red", "blue"}}, "RED", "rd"},
      {{.name = "p", .kind = Kind::user}, "@ada", "<@99>"},
      {{.name = "p", .kind = Kind::role}, "<@&10>", "admins"},
      {{.name = "p", .kind = Kind::channel}, "#general", "<#99>"},
      {{.name = "p", .kind = Kind::text, .most = 3}, "abc", "abcd"}};
  for (const auto& [parameter, good, bad] : cases) {
    EXPECT_TRUE(convert(parameter, good, {"g", &directory})) << name_of(parameter.kind);
    EXPECT_FALSE(convert(parameter, bad, {"g", &directory})) << name_of(parameter.kind);
  }
}

TEST(Span, Is_written_in_units) {
  const std::vector<std::pair<std::string, Duration>> good = {
      {"90", 90s}, {"500ms", 500ms}, {"1h30m", 90min}, {"2d", 48h}, {"1w", 168h}, {"0", 0s}};
  for (const auto& [text, span] : good) {
    ASSERT_TRUE(parse_span(text)) << text;
    EXPECT_EQ(*parse_span(text), span) << text;
  }
  for (const auto* bad : {"", "x", "1x", "-1s", "1h-1m", "99999999999999999999s", "4000d", "1 h"})
    EXPECT_FALSE(parse_span(bad)) << bad;
}

TEST(Usage, Shows_what_is_optional_and_what_takes_a_value) {
  EXPECT_EQ(usage_of(ban), "USER [DAYS] [REASON…] [--silent] [--for SPAN]");
}

}  // namespace
}  // namespace orrery::chat
