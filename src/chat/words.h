// A text taken apart into words, as they are typed in a chat.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace orrery::chat {

struct Word {
  std::string text;       // without its quotes
  std::size_t begin = 0;  // where it begins in the whole
  bool quoted = false;
};

// The word at or after `at`, which then stands behind it; nothing if there is none left.
// Errors: invalid (a quote that is not closed).
Result<std::optional<Word>> next_word(std::string_view text, std::size_t& at);

// The word at the beginning, and what follows it without the spaces between. Looks at no quotes.
struct FirstWord {
  std::string_view word;
  std::string_view rest;
};
FirstWord first_word(std::string_view text);

}  // namespace orrery::chat
