#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/log.h"
#include "observe/metrics.h"

namespace orrery::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

Event an_event() {
  Event event{.level = Level::warn,
              .module = "test",
              .fact = "it\nhappened",
              .fields = {{"count", std::int64_t{3}}, {"who", std::string{"a b"}}}};
  return event;
}

TEST(Log, A_json_line_is_one_line_with_every_field) {
  const auto line = format_line(an_event(), Format::json);
  EXPECT_THAT(line, HasSubstr("\"level\":\"warn\""));
  EXPECT_THAT(line, HasSubstr("\"count\":3"));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

TEST(Log, A_human_line_cannot_be_forged_by_its_content) {
  const auto line = format_line(an_event(), Format::human);
  EXPECT_THAT(line, HasSubstr("it\\x0ahappened"));
  EXPECT_THAT(line, HasSubstr("\"a b\""));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

TEST(Redactor, Takes_out_every_occurrence) {
  const Redactor redact{{"hunter2", "abc"}};
  EXPECT_EQ(redact("hunter2 and hunter2, abc"), "*** and ***, abc");
}

TEST(Metrics, Are_written_in_prometheus_text) {
  Metrics metrics;
  metrics.count("orrery_tests_total", "Tests.", {{"kind", "unit"}}, 2);
  metrics.gauge("orrery_state", "State.", {{"state", "x"}}, 1);
  metrics.clear("orrery_state");
  metrics.gauge("orrery_state", "State.", {{"state", "y"}}, 1);
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("orrery_tests_total{kind=\"unit\"} 2"));
  EXPECT_THAT(text, HasSubstr("orrery_state{state=\"y\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("state=\"x\"")));
}

TEST(Metrics, The_process_sample_is_about_this_process) {
  const auto sample = sample_process();
  EXPECT_GT(sample.resident_bytes, 1e6);
  EXPECT_GE(sample.open_descriptors, 3);
  EXPECT_GE(sample.threads, 1);
  EXPECT_GT(sample.start_time_seconds, 1e9);
}

}  // namespace
}  // namespace orrery::observe
