#include "chat/words.h"

#include "core/text.h"

namespace orrery::chat {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// From behind the opening quote; a backslash takes the next character as it is.
Result<std::size_t> take_quoted(std::string_view text, std::size_t at, std::string& word) {
  for (; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    word += text[at];
  }
  return fail(ErrorKind::invalid, "a quote (\") is not closed");
}

}  // namespace

Result<std::optional<Word>> next_word(std::string_view text, std::size_t& at) {
  at = text.find_first_not_of(blanks, at);
  if (at == std::string_view::npos) return std::optional<Word>{};
  Word word{.text = {}, .begin = at, .quoted = text[at] == '"'};
  if (word.quoted) {
    const auto end = take_quoted(text, at + 1, word.text);
    if (!end) return fail(end.error());
    at = *end;
  } else {
    const auto end = std::min(text.find_first_of(blanks, at), text.size());
    word.text = std::string{text.substr(at, end - at)};
    at = end;
  }
  return std::optional{std::move(word)};
}

FirstWord first_word(std::string_view text) {
  const auto end = std::min(text.find_first_of(blanks), text.size());
  const auto next = std::min(text.find_first_not_of(blanks, end), text.size());
  return {text.substr(0, end), text.substr(next)};
}

}  // namespace orrery::chat
