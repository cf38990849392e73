#include "core/utf8.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {
namespace {

// The length of the sequence that `lead` begins, or 0 where no sequence begins so.
std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and code points above U+10FFFF show in the second byte (RFC 3629).
bool second_byte_fits(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second <= 0x9F;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second <= 0x8F;
  return true;
}

// The length of the sequence at the beginning of what is not empty, or 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const auto length = utf8_length(lead);
  if (length == 0 || length > text.size()) return 0;
  if (length > 1 && !second_byte_fits(lead, static_cast<unsigned char>(text[1]))) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((static_cast<unsigned char>(text[k]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Requires: the sequence is valid.
char32_t code_of(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  auto code = static_cast<char32_t>(lead & (0x7FU >> sequence.size()));
  for (const char c : sequence.substr(1)) code = (code << 6U) | (static_cast<unsigned>(c) & 0x3FU);
  return code;
}

struct Range {
  char32_t first;
  char32_t last;
};
template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t code) {
  return std::ranges::any_of(ranges,
                             [&](const Range& r) { return code >= r.first && code <= r.last; });
}

// Source: the Unicode Character Database, general categories Cc, Cf, Zs, Zl and Zp.
constexpr Range controls[] = {{0x00, 0x1F}, {0x7F, 0x9F}};
constexpr Range turning[] = {
    {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
constexpr Range without_width[] = {
    {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x115F, 0x1160},   {0x17B4, 0x17B5},  {0x180B, 0x180F},
    {0x200B, 0x200C}, {0x2060, 0x2065}, {0x206A, 0x206F},   {0x3164, 0x3164},  {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
constexpr Range inside_emoji[] = {{0x200D, 0x200D}, {0xFE00, 0xFE0F}};
constexpr Range spaces_of_any_kind[] = {{0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680},
                                        {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F},
                                        {0x2800, 0x2800}, {0x3000, 0x3000}};

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  while (!text.empty()) {
    const auto length = text.front() == '\0' ? 0 : sequence_length(text);
    made += length == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return made;
}

bool is_visible(std::string_view text, Spaces spaces) {
  bool seen = false;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    const auto code = code_of(text.substr(0, length));
    text.remove_prefix(length);
    if (is_in(controls, code) || is_in(turning, code) || is_in(without_width, code)) return false;
    const bool space = is_in(spaces_of_any_kind, code);
    if (space && spaces == Spaces::none) return false;
    seen = seen || !(space || is_in(inside_emoji, code));
  }
  return seen;
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(sequence_length(text), 1);
    const auto sequence = text.substr(0, length);
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool valid = sequence_length(text) != 0;
    const auto code = valid ? code_of(sequence) : char32_t{byte};
    if (!valid || byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", byte);
    } else if (is_in(controls, code) || is_in(turning, code)) {
      fmt::format_to(std::back_inserter(shown), "\\u{{{:x}}}", static_cast<std::uint32_t>(code));
    } else {
      shown += sequence;
    }
    text.remove_prefix(length);
  }
  return shown;
}

}  // namespace orrery
