// Cron expressions: when something is due, again and again.
//
//   minute hour day-of-month month day-of-week     30 7 * * mon-fri
//   @hourly @daily @weekly @monthly @yearly
//
// Each field is *, a number, a name (jan, mon), a range a-b, a step */n or a-b/n, or a list of
// those. As in every cron, when both days are restricted, one of them suffices.
//
// Source    https://pubs.opengroup.org/onlinepubs/9699919799/utilities/crontab.html, crontab(5)
#pragma once

#include <bitset>

#include "chat/zone.h"

namespace orrery::chat {

class Cron {
 public:
  // Errors: invalid, naming the field.
  static Result<Cron> parse(std::string_view text);

  // The first moment after `at` at which it is due by the clocks of the zone. A time that the
  // clocks skip counts as the moment after the gap; one that they show twice counts once. Nothing:
  // never (February 30th).
  std::optional<WallTime> next(WallTime at, const Zone& zone) const;

 private:
  bool day_fits(std::chrono::year_month_day day) const;
  std::optional<WallTime> next_on(std::chrono::local_days day, LocalSeconds from, WallTime at,
                                  const Zone& zone) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // 1 to 31
  std::bitset<13> months_;   // 1 to 12
  std::bitset<7> weekdays_;  // from Sunday
  bool any_day_ = false;     // of the month
  bool any_weekday_ = false;
};

}  // namespace orrery::chat
