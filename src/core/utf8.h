// Text as it comes from elsewhere: whether it is UTF-8, and whether a person can see all of it.
//
// Source    RFC 3629
#pragma once

#include <string>
#include <string_view>

namespace orrery {

bool is_utf8(std::string_view text);
// The text as every database takes it: what is not UTF-8, and zero bytes, become U+FFFD.
std::string as_utf8(std::string_view text);

enum class Spaces { fine, none };
// Whether it is UTF-8, somebody sees something, and nothing in it is hidden from them: no control
// characters, no marks that turn the direction or have no width (but for those inside emoji), and,
// if so wished, no space of any kind.
bool is_visible(std::string_view text, Spaces spaces);

// The text with what could forge a log line or a terminal made visible: control characters, bytes
// that are no UTF-8, and marks that turn the direction of what follows.
std::string printable(std::string_view text);

}  // namespace orrery
