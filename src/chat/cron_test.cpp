#include "chat/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::chat {
namespace {

using testing::HasSubstr;

// "2026-03-29T00:59:00Z" as a moment; what comes after the seconds is not looked at.
WallTime at(const std::string& text) {
  int y = 0;
  unsigned mo = 0;
  unsigned d = 0;
  int h = 0;
  int mi = 0;
  std::sscanf(text.c_str(), "%d-%u-%uT%d:%d", &y, &mo, &d, &h, &mi);
  const std::chrono::year_month_day day{std::chrono::year{y}, std::chrono::month{mo},
                                        std::chrono::day{d}};
  return WallTime{std::chrono::sys_days{day}} + std::chrono::hours{h} + std::chrono::minutes{mi};
}

std::string next(const std::string& cron, const std::string& after,
                 const std::string& zone = "UTC") {
  const auto parsed = Cron::parse(cron);
  if (!parsed) return parsed.error().text();
  const auto due = parsed->next(at(after), *Zone::named(zone));
  return due ? iso8601(*due).substr(0, 16) : "never";
}

struct Case {
  std::string cron;
  std::string after;
  std::string due;
};

TEST(Cron, Is_due_at_the_next_time_that_fits) {
  const Case cases[] = {
      {"* * * * *", "2026-01-01T00:00", "2026-01-01T00:01"},
      {"30 7 * * mon-fri", "2026-01-02T07:30", "2026-01-05T07:30"},
      {"*/15 * * * *", "2026-01-01T00:50", "2026-01-01T01:00"},
      {"5/20 * * * *", "2026-01-01T00:06", "2026-01-01T00:25"},
      {"0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00"},
      {"0 0 29 feb *", "2026-01-01T00:00", "2028-02-29T00:00"},
      {"0 0 30 2 *", "2026-01-01T00:00", "never"},
      {"0 12 13 * fri", "2026-03-01T00:00", "2026-03-06T12:00"},  // either day suffices
      {"0 12 * * 7", "2026-01-01T00:00", "2026-01-04T12:00"},     // 7 is Sunday, too
      {"59 23 31 DEC *", "2026-12-31T23:59", "2027-12-31T23:59"},
      {"@hourly", "2026-01-01T00:00", "2026-01-01T01:00"},
      {"@Weekly", "2026-01-01T00:00", "2026-01-04T00:00"},
      {"0,30 8-9 * * *", "2026-01-01T08:30", "2026-01-01T09:00"}};
  for (const auto& [cron, after, due] : cases) EXPECT_EQ(next(cron, after), due) << cron;
}

TEST(Cron, Goes_by_the_clocks_of_its_zone) {
  EXPECT_EQ(next("0 7 * * *", "2026-01-01T00:00", "Europe/Berlin"), "2026-01-01T06:00");
  EXPECT_EQ(next("0 7 * * *", "2026-07-01T00:00", "Europe/Berlin"), "2026-07-01T05:00");
  EXPECT_EQ(next("0 7 * * *", "2026-01-01T00:00", "Asia/Kolkata"), "2026-01-01T01:30");
}

TEST(Cron, What_the_clocks_skip_is_due_after_the_gap) {
  // On March 29th 2026 the clocks of Berlin go from 02:00 to 03:00, at 01:00 UTC.
  EXPECT_EQ(next("30 2 * * *", "2026-03-28T12:00", "Europe/Berlin"), "2026-03-29T01:00");
  EXPECT_EQ(next("30 2 * * *", "2026-03-29T01:00", "Europe/Berlin"), "2026-03-30T00:30");
}

TEST(Cron, What_the_clocks_show_twice_is_due_once) {
  // On October 25th 2026 they go from 03:00 to 02:00, at 01:00 UTC.
  EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00", "Europe/Berlin"), "2026-10-25T00:30");
  EXPECT_EQ(next("30 2 * * *", "2026-10-25T00:30", "Europe/Berlin"), "2026-10-26T01:30");
  EXPECT_EQ(next("*/30 * * * *", "2026-10-25T00:30", "Europe/Berlin"), "2026-10-25T02:00");
}

TEST(Cron, Refuses_what_it_is_not_and_names_the_field) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "five fields"},
      {"* * * *", "five fields"},
      {"60 * * * *", "'60' is not a minute"},
      {"* 24 * * *", "'24' is not a hour"},
      {"* * 0 * *", "day of the month"},
      {"* * * 13 *", "month"},
      {"* * * * 8", "day of the week"},
      {"5-1 * * * *", "'5-1' is not a minute"},
      {"*/0 * * * *", "'*/0' is not a minute"},
      {"1/2147483647 * * * *", "'1/2147483647' is not a minute"},
      {"1,,2 * * * *", "'' is not a minute"},
      {"@never", "five fields"},
      {"-1 * * * *", "is not a minute"}};
  for (const auto& [cron, expected] : cases)
    EXPECT_THAT(next(cron, "2026-01-01T00:00"), HasSubstr(expected)) << cron;
}

TEST(Zone, An_unknown_one_is_refused_with_the_nearest) {
  const auto zone = Zone::named("Europe/Berln");
  ASSERT_FALSE(zone);
  EXPECT_THAT(zone.error().text(), HasSubstr("did you mean 'Europe/Berlin'?"));
  EXPECT_FALSE(Zone::named("../../etc/passwd"));
}

}  // namespace
}  // namespace orrery::chat
