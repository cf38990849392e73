#include "observe/log_tail.h"

#include <gtest/gtest.h>

namespace orrery::observe {
namespace {

TEST(LogTail, Lines_are_numbered_and_taken_from_any_number_on) {
  LogTail tail;
  for (const auto* line : {"a", "b", "c"}) tail.add(line);
  const auto taken = tail.take(2, 10);
  EXPECT_EQ(taken.first, 2U);
  ASSERT_EQ(taken.lines.size(), 2U);
  EXPECT_EQ(*taken.lines[0], "b");
  EXPECT_EQ(taken.next(), 4U);
  EXPECT_EQ(*tail.last(1).lines.front(), "c");
  EXPECT_TRUE(tail.take(9, 10).lines.empty());
}

TEST(LogTail, The_oldest_are_forgotten_and_the_numbers_go_on) {
  LogTail tail;
  const std::string line(1U << 20U, 'x');
  for (int i = 0; i < 20; ++i) tail.add(line);
  const auto all = tail.take(1, 100);
  EXPECT_EQ(all.lines.size(), 8U);
  EXPECT_EQ(all.next(), 21U);
}

TEST(LogTail, New_lines_are_announced_once_until_they_are_taken) {
  LogTail tail;
  int told = 0;
  tail.on_lines([&] { ++told; });
  tail.add("a");
  tail.add("b");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(tail.take(1, 10).lines.size(), 2U);
  tail.add("c");
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace orrery::observe
