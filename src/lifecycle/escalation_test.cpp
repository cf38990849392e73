#include "lifecycle/escalation.h"

#include <gtest/gtest.h>

#include "lifecycle/supervision.h"

namespace orrery::lifecycle {
namespace {

using namespace std::chrono_literals;
using Step = Escalation::Step;

constexpr TimePoint begin{};

TEST(Escalation, The_first_signal_stops_the_second_hurries_the_third_exits) {
  Escalation escalation;
  EXPECT_EQ(escalation.signal(begin), Step::stop);
  EXPECT_EQ(escalation.signal(begin + 1s), Step::hurry);
  EXPECT_EQ(escalation.signal(begin + 2s), Step::exit);
  EXPECT_EQ(escalation.signal(begin + 3s), Step::exit);
}

TEST(Escalation, Two_signals_within_a_millisecond_are_one) {
  Escalation escalation;
  EXPECT_EQ(escalation.signal(begin), Step::stop);
  EXPECT_EQ(escalation.signal(begin + 1ms), Step::none);
  EXPECT_EQ(escalation.signal(begin + 1s), Step::hurry);
  EXPECT_EQ(escalation.signal(begin + 1s), Step::none);
  EXPECT_EQ(escalation.signal(begin + 2s), Step::exit);
}

TEST(Escalation, The_debounce_counts_from_the_signal_that_counted) {
  Escalation escalation;
  EXPECT_EQ(escalation.signal(begin), Step::stop);
  EXPECT_EQ(escalation.signal(begin + 300ms), Step::none);
  EXPECT_EQ(escalation.signal(begin + 499ms), Step::none);
  EXPECT_EQ(escalation.signal(begin + 500ms), Step::hurry);
}

TEST(Escalation, A_signal_at_the_epoch_of_the_clock_counts) {
  Escalation escalation;
  EXPECT_EQ(escalation.signal(TimePoint{}), Step::stop);
  EXPECT_EQ(escalation.signal(TimePoint{}), Step::none);
}

TEST(RestartWindow, Allows_as_many_failures_as_it_says_and_not_one_more) {
  RestartWindow window{2, 60s};
  EXPECT_TRUE(window.allow(begin));
  EXPECT_TRUE(window.allow(begin + 1s));
  EXPECT_FALSE(window.allow(begin + 2s));
}

TEST(RestartWindow, Slides_so_that_old_failures_no_longer_count) {
  RestartWindow window{2, 60s};
  EXPECT_TRUE(window.allow(begin));
  EXPECT_TRUE(window.allow(begin + 59s));
  EXPECT_TRUE(window.allow(begin + 61s));
  EXPECT_FALSE(window.allow(begin + 62s));
}

TEST(RestartWindow, That_allows_none_refuses_the_first) {
  RestartWindow window{0, 60s};
  EXPECT_FALSE(window.allow(begin));
}

}  // namespace
}  // namespace orrery::lifecycle
