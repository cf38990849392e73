// A text taken apart into words, as they are typed in a chat.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace orrery::chat {

inline constexpr std::size_t most_words = 64;

struct Word {
  std::string text;       // without its quotes
  std::size_t begin = 0;  // where it begins in the whole
  bool quoted = false;
};

// Errors: invalid (a quote that is not closed, too many words).
Result<std::vector<Word>> words_of(std::string_view text);

// The word at the beginning, and what follows it without the spaces between. Looks at no quotes.
struct FirstWord {
  std::string_view word;
  std::string_view rest;
};
FirstWord first_word(std::string_view text);

}  // namespace orrery::chat
