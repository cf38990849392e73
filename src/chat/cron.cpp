#include "chat/cron.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "chat/words.h"
#include "core/text.h"

namespace orrery::chat {
namespace {

using namespace std::chrono_literals;

constexpr int years_ahead = 9;  // February 29th comes within eight

struct Field {
  std::string_view name;
  int least;
  int most;
  std::span<const std::string_view> names;  // of the values from `least` on
};

constexpr std::string_view month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr Field fields[] = {{"minute", 0, 59, {}},
                            {"hour", 0, 23, {}},
                            {"day of the month", 1, 31, {}},
                            {"month", 1, 12, month_names},
                            {"day of the week", 0, 7, day_names}};

constexpr std::pair<std::string_view, std::string_view> nicknames[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"}};

std::unexpected<Error> wrong(const Field& field, std::string_view text) {
  return fail(ErrorKind::invalid, "'{}' is not a {} ({} to {})", printable(text), field.name,
              field.least, field.most);
}

Result<int> value_in(const Field& field, std::string_view text) {
  const auto name = std::ranges::find(field.names, lower(text));
  if (name != field.names.end()) return field.least + static_cast<int>(name - field.names.begin());
  int number = -1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < field.least ||
      number > field.most)
    return wrong(field, text);
  return number;
}

struct Range {
  int first;
  int last;
};
Result<Range> range_in(const Field& field, std::string_view text) {
  if (text == "*") return Range{field.least, field.most};
  const auto dash = text.find('-');
  const auto first = value_in(field, text.substr(0, dash));
  if (!first) return fail(first.error());
  if (dash == std::string_view::npos) return Range{*first, *first};
  const auto last = value_in(field, text.substr(dash + 1));
  if (!last) return fail(last.error());
  if (*last < *first) return wrong(field, text);
  return Range{*first, *last};
}

// One item of a list: "*", "5", "1-5", "*/10", "1-30/2", "5/10" (from 5 on).
template <class Bits>
Result<> set_item(const Field& field, std::string_view text, Bits& bits) {
  const auto slash = text.find('/');
  auto range = range_in(field, text.substr(0, slash));
  if (!range) return fail(std::move(range).error());
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (code != std::errc{} || end != digits.data() + digits.size() || step < 1 ||
        step > field.most)
      return wrong(field, text);
    if (range->first == range->last) range->last = field.most;
  }
  for (int value = range->first; value <= range->last; value += step)
    bits.set(static_cast<std::size_t>(value));
  return {};
}

template <class Bits>
Result<> set_field(const Field& field, std::string_view text, Bits& bits) {
  for (const auto item : split(text, ',')) {
    if (auto set = set_item(field, item, bits); !set) return set;
  }
  return {};
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  text = trim(text);
  for (const auto& [nickname, meaning] : nicknames) {
    if (lower(text) == nickname) return parse(meaning);
  }
  std::vector<std::string_view> w;
  for (auto left = text; !left.empty();) {
    const auto [word, rest] = first_word(left);
    w.push_back(word);
    left = rest;
  }
  if (w.size() != std::size(fields)) {
    return fail(ErrorKind::invalid,
                "a schedule has five fields (minute hour day month weekday) or is one of @hourly, "
                "@daily, @weekly, @monthly, @yearly");
  }
  Cron cron;
  std::bitset<8> weekdays;
  for (auto& set :
       {set_field(fields[0], w[0], cron.minutes_), set_field(fields[1], w[1], cron.hours_),
        set_field(fields[2], w[2], cron.days_), set_field(fields[3], w[3], cron.months_),
        set_field(fields[4], w[4], weekdays)}) {
    if (!set) return fail(set.error());
  }
  for (std::size_t i = 0; i < 8; ++i) {
    if (weekdays[i]) cron.weekdays_.set(i % 7);  // 7 is Sunday, too
  }
  cron.any_day_ = w[2].starts_with('*');
  cron.any_weekday_ = w[4].starts_with('*');
  return cron;
}

bool Cron::day_fits(std::chrono::year_month_day day) const {
  if (!months_[static_cast<unsigned>(day.month())]) return false;
  const bool by_day = days_[static_cast<unsigned>(day.day())];
  const std::chrono::weekday weekday{std::chrono::local_days{day}};
  const bool by_weekday = weekdays_[weekday.c_encoding()];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<WallTime> Cron::next_on(std::chrono::local_days day, LocalSeconds from, WallTime at,
                                      const Zone& zone) const {
  for (std::size_t hour = 0; hour < 24; ++hour) {
    if (!hours_[hour]) continue;
    for (std::size_t minute = 0; minute < 60; ++minute) {
      const auto local =
          LocalSeconds{day} + std::chrono::hours{hour} + std::chrono::minutes{minute};
      if (!minutes_[minute] || local < from) continue;
      // Not again what the clocks show a second time.
      if (const auto due = zone.to_wall(local); due > at) return due;
    }
  }
  return std::nullopt;
}

std::optional<WallTime> Cron::next(WallTime at, const Zone& zone) const {
  const auto from = std::chrono::floor<std::chrono::minutes>(zone.to_local(at)) + 1min;
  const auto first = std::chrono::floor<std::chrono::days>(from);
  for (auto day = first; day < first + std::chrono::days{366 * years_ahead};
       day += std::chrono::days{1}) {
    if (!day_fits(std::chrono::year_month_day{day})) continue;
    // In the hour that the clocks show twice, what is due may be shown before now.
    const auto earliest = LocalSeconds{from} - 3h;
    if (auto due = next_on(day, day == first ? earliest : LocalSeconds{day}, at, zone)) return due;
  }
  return std::nullopt;
}

}  // namespace orrery::chat
