// Small words about text that several modules need.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/utf8.h"

namespace orrery {

std::string_view trim(std::string_view text);
// The letters a to z; others stay as they are.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lower(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

// The candidate a person most likely meant, if one is near enough to be worth suggesting.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// ", did you mean 'x'?" or nothing: the end of a sentence about an unknown name.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace orrery
