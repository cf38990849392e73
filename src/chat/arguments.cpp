#include "chat/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "chat/words.h"
#include "core/text.h"

namespace orrery::chat {
namespace {

constexpr std::size_t most_bytes = 4000;
constexpr std::size_t most_flags = 16;

std::string shown(std::string_view word) {
  const auto cut = word.substr(0, 40);
  // Not in the middle of a character.
  auto end = cut.size();
  while (end > 0 && end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80)
    --end;
  return printable(word.substr(0, end)) + (end < word.size() ? "…" : "");
}

std::string capitals(std::string_view name) {
  std::string text{name};
  for (auto& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c == '_') c = '-';
  }
  return text;
}

template <class T>
std::optional<T> number_in(std::string_view text) {
  T number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string range_of(const Parameter& p) {
  const bool low = p.least > -9e15;
  const bool high = p.most < 9e15;
  if (low && high) return fmt::format(" from {} to {}", p.least, p.most);
  if (low) return fmt::format(" of at least {}", p.least);
  if (high) return fmt::format(" of at most {}", p.most);
  return {};
}

std::unexpected<Error> wrong(const Parameter& p, std::string_view word, std::string_view wanted) {
  return fail(ErrorKind::invalid, "{} must be {}, not '{}'", capitals(p.name), wanted, shown(word));
}

template <class T>
Result<Argument> convert_number(const Parameter& p, std::string_view word, std::string_view what) {
  const auto number = number_in<T>(word);
  const auto value = number ? static_cast<double>(*number) : 0;
  if (!number || !std::isfinite(value) || value < p.least || value > p.most)
    return wrong(p, word, fmt::format("{}{}", what, range_of(p)));
  return Argument{*number};
}

Result<Argument> convert_text(const Parameter& p, std::string_view word) {
  const auto length = static_cast<double>(word.size());
  if (length > p.most || length < p.least)
    return fail(ErrorKind::invalid, "{} has {} bytes; it may have{}", capitals(p.name), word.size(),
                range_of(p));
  return Argument{std::string{word}};
}

Result<Argument> convert_choice(const Parameter& p, std::string_view word) {
  const auto plain = lower(word);
  if (std::ranges::find(p.choices, plain) != p.choices.end()) return Argument{plain};
  return fail(ErrorKind::invalid, "{} must be {}, not '{}'{}", capitals(p.name),
              join(p.choices, " or "), shown(word), did_you_mean(plain, p.choices));
}

Result<Argument> convert_yes_no(const Parameter& p, std::string_view word) {
  const auto plain = lower(word);
  for (const auto* yes : {"yes", "on", "true", "1"}) {
    if (plain == yes) return Argument{true};
  }
  for (const auto* no : {"no", "off", "false", "0"}) {
    if (plain == no) return Argument{false};
  }
  return wrong(p, word, "yes or no");
}

// "<@123>", "<@!123>" -> 123. What is no mention stays as it is.
std::string_view without_mention(std::string_view word, std::string_view sign) {
  if (!word.starts_with("<") || !word.ends_with(">")) return word;
  auto inside = word.substr(1, word.size() - 2);
  if (!inside.starts_with(sign)) return word;
  inside.remove_prefix(sign.size());
  if (sign == "@" && inside.starts_with("!")) inside.remove_prefix(1);
  return inside;
}

template <class T, class Find>
Result<Argument> convert_named(const Parameter& p, std::string_view word, std::string_view sign,
                               std::string_view what, const Surroundings& where, Find find) {
  auto name = without_mention(word, sign);
  if (name == word && word.size() > 1 && (word[0] == '@' || word[0] == '#')) name = word.substr(1);
  if (name.empty()) return wrong(p, word, fmt::format("a {}", what));
  if (where.directory == nullptr) return Argument{T{std::string{name}, std::string{name}}};
  auto found = find(*where.directory, name);
  if (!found) return fail(ErrorKind::not_found, "there is no {} '{}' here", what, shown(name));
  return Argument{std::move(*found)};
}

// ---- a whole text

class Parser {
 public:
  Parser(const Declaration& declaration, std::string_view text, const Surroundings& where)
      : declaration_{declaration}, text_{text}, where_{where} {}

  Result<Arguments> parse() {
    if (text_.size() > most_bytes)
      return fail(ErrorKind::invalid, "a command takes at most {} bytes, not {}", most_bytes,
                  text_.size());
    while (!(text_ = trim(text_)).empty()) {
      if (auto taken = take(); !taken) return fail(std::move(taken).error());
    }
    for (; next_ < declaration_.parameters.size(); ++next_) {
      const auto& missing = declaration_.parameters[next_];
      if (missing.need == Need::required)
        return fail(ErrorKind::invalid, "{} is missing", capitals(missing.name));
    }
    return std::move(arguments_);
  }

 private:
  bool flag_follows() const {
    return !only_words_ && text_.starts_with("--") && !declaration_.flags.empty();
  }
  const Parameter* next_parameter() const {
    return next_ < declaration_.parameters.size() ? &declaration_.parameters[next_] : nullptr;
  }

  // One flag, one word, or the rest: which need be no words, so that a lone quote is a character.
  Result<> take() {
    if (flag_follows()) return take_flag();
    const auto* parameter = next_parameter();
    if (parameter != nullptr && parameter->kind == Kind::rest) {
      ++next_;
      return put(parameter->name, *parameter, std::exchange(text_, {}));
    }
    const auto word = take_word();
    if (!word) return fail(word.error());
    if (parameter == nullptr)
      return fail(ErrorKind::invalid, "there is no use for '{}'", shown(*word));
    ++next_;
    return put(parameter->name, *parameter, *word);
  }

  // Requires: there is one.
  Result<std::string> take_word() {
    std::size_t at = 0;
    auto word = next_word(text_, at);
    if (!word) return fail(std::move(word).error());
    text_ = trim(text_.substr(at));
    return std::move((*word)->text);
  }

  Result<> take_flag() {
    if (++flags_ > most_flags)
      return fail(ErrorKind::invalid, "a command takes at most {} flags", most_flags);
    const auto typed = take_word();
    if (!typed) return fail(typed.error());
    const auto written = std::string_view{*typed}.substr(2);
    only_words_ = written.empty();
    if (only_words_) return {};
    const auto equals = written.find('=');
    const auto name = lower(written.substr(0, equals));
    const auto flag = std::ranges::find(declaration_.flags, name, &Flag::name);
    if (flag == declaration_.flags.end()) return unknown_flag(name);
    if (equals != std::string_view::npos) {
      if (!flag->takes) return fail(ErrorKind::invalid, "--{} takes no value", name);
      return put(name, *flag->takes, written.substr(equals + 1));
    }
    if (flag->takes) return take_value(name, *flag->takes);
    arguments_.put(name, true);
    return {};
  }

  Result<> take_value(const std::string& name, const Parameter& value) {
    if (text_.empty()) return fail(ErrorKind::invalid, "--{} needs {}", name, capitals(value.name));
    const auto word = take_word();
    if (!word) return fail(word.error());
    return put(name, value, *word);
  }

  Result<> unknown_flag(std::string_view name) const {
    std::vector<std::string> known;
    for (const auto& flag : declaration_.flags) known.push_back(flag.name);
    return fail(ErrorKind::invalid, "there is no flag '--{}'{}", shown(name),
                did_you_mean(name, known));
  }

  Result<> put(const std::string& name, const Parameter& parameter, std::string_view word) {
    auto value = convert(parameter, word, where_);
    if (!value) return fail(std::move(value).error());
    arguments_.put(name, std::move(*value));
    return {};
  }

  const Declaration& declaration_;
  std::string_view text_;  // what is left
  const Surroundings& where_;
  std::size_t next_ = 0;  // the next parameter
  std::size_t flags_ = 0;
  bool only_words_ = false;
  Arguments arguments_;
};

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::rest:
      return "rest";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::yes_no:
      return "yes or no";
    case Kind::duration:
      return "duration";
    case Kind::choice:
      return "choice";
    case Kind::user:
      return "user";
    case Kind::role:
      return "role";
    case Kind::channel:
      return "channel";
  }
  std::unreachable();
}

Result<Duration> parse_span(std::string_view text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1},         {"s", 1000},        {"m", 60'000}, {"h", 3'600'000},
      {"d", 86'400'000}, {"w", 604'800'000}, {"", 1000}};
  constexpr std::int64_t longest = std::int64_t{3650} * 86'400'000;  // ten years
  std::int64_t total = 0;
  for (auto left = text; !left.empty() || total == 0;) {
    std::int64_t number = -1;
    const auto [end, code] = std::from_chars(left.data(), left.data() + left.size(), number);
    left.remove_prefix(static_cast<std::size_t>(end - left.data()));
    const auto letters = left.substr(0, left.find_first_of("0123456789"));
    const auto* const unit =
        std::ranges::find(units, letters, &std::pair<std::string_view, std::int64_t>::first);
    if (code != std::errc{} || unit == std::end(units) || number < 0 ||
        number > longest / unit->second || total + number * unit->second > longest)
      return fail(ErrorKind::invalid, "a duration is written like 90s, 1h30m or 2d");
    total += number * unit->second;
    left.remove_prefix(letters.size());
    if (left.empty()) break;
  }
  return std::chrono::milliseconds{total};
}

Result<Argument> convert(const Parameter& p, std::string_view word, const Surroundings& where) {
  switch (p.kind) {
    case Kind::text:
    case Kind::rest:
      return convert_text(p, word);
    case Kind::integer:
      return convert_number<std::int64_t>(p, word, "a whole number");
    case Kind::number:
      return convert_number<double>(p, word, "a number");
    case Kind::yes_no:
      return convert_yes_no(p, word);
    case Kind::choice:
      return convert_choice(p, word);
    case Kind::duration: {
      const auto span = parse_span(word);
      if (!span) return wrong(p, word, "a duration such as 90s, 1h30m or 2d");
      return Argument{*span};
    }
    case Kind::user:
      return convert_named<Member>(p, word, "@", "user", where, [&](const Directory& d, auto w) {
        return d.member(where.guild, w);
      });
    case Kind::role:
      return convert_named<Role>(p, word, "@&", "role", where, [&](const Directory& d, auto w) {
        return d.role(where.guild, w);
      });
    case Kind::channel:
      return convert_named<Channel>(
          p, word, "#", "channel", where,
          [&](const Directory& d, auto w) { return d.channel(where.guild, w); });
  }
  std::unreachable();
}

Result<Arguments> parse(const Declaration& declaration, std::string_view text,
                        const Surroundings& where) {
  return Parser{declaration, text, where}.parse();
}

std::string usage_of(const Declaration& declaration) {
  std::vector<std::string> parts;
  for (const auto& p : declaration.parameters) {
    auto shown = p.kind == Kind::choice ? join(p.choices, "|") : capitals(p.name);
    if (p.kind == Kind::rest) shown += "…";
    parts.push_back(p.need == Need::optional ? "[" + shown + "]" : shown);
  }
  for (const auto& flag : declaration.flags) {
    parts.push_back(flag.takes ? fmt::format("[--{} {}]", flag.name, capitals(flag.takes->name))
                               : fmt::format("[--{}]", flag.name));
  }
  return join(parts, " ");
}

}  // namespace orrery::chat
