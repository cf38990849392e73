// A rank: 0 to 10, the higher the more somebody may do in a guild.
#pragma once

#include <array>
#include <charconv>
#include <compare>
#include <string>
#include <string_view>

#include "core/result.h"

namespace orrery::chat {

class Rank {
 public:
  static constexpr int most = 10;

  constexpr Rank() = default;
  // Errors: invalid (not between 0 and 10).
  static Result<Rank> of(std::int64_t number) {
    if (number < 0 || number > most)
      return fail(ErrorKind::invalid, "a rank is a number from 0 to {}, not {}", most, number);
    return Rank{static_cast<int>(number)};
  }
  static Result<Rank> parse(std::string_view text) {
    std::int64_t number = -1;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size())
      return fail(ErrorKind::invalid, "a rank is a number from 0 to {}", most);
    return of(number);
  }

  constexpr int number() const { return number_; }
  constexpr auto operator<=>(const Rank&) const = default;

 private:
  constexpr explicit Rank(int number) : number_{number} {}
  int number_ = 0;
};

// What ranks are called where a guild has not named them; those above 7 have no name.
inline constexpr std::array<std::string_view, 8> default_rank_names = {
    "Member",           "Trusted",       "Junior Moderator",   "Moderator",
    "Senior Moderator", "Administrator", "Head Administrator", "Server Owner"};

}  // namespace orrery::chat
