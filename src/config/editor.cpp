#include "config/editor.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"

namespace orrery::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_limit = 256U << 10U;

std::string marker_of(const std::string& key) { return "(secret " + key + ")"; }

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

Outcome load_alone(const std::string& text) {
  return load(
      {.file = "file", .text = text, .flags = {}, .environment = {}, .folder = "/dev/null"});
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in.good() && !in.eof()) {
    Error closed{ErrorKind::denied, path + " cannot be read: " + std::strerror(errno)};
    return fail(std::move(closed).remedy("give this user the right to read it"));
  }
  return std::move(text).str();
}

// FNV-1a: it only has to notice a change, not an attack.
std::string version_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return fmt::format("{:016x}", hash);
}

// What a secret key holds, whether it came from a file or is in force.
std::string held_by(const Settings& settings, std::string_view key) {
  if (key == "discord.token") return settings.discord.token.reveal();
  if (key == "sentry.dsn") return settings.sentry.dsn.reveal();
  return settings.database.url.reveal();
}

// The password of a URL: "…://name:password@…".
std::optional<Extent> password_in(std::string_view url) {
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos) return std::nullopt;
  const auto colon = url.find(':', scheme + 3);
  if (colon == std::string_view::npos || colon >= at) return std::nullopt;
  return Extent{colon + 1, at};
}

// A value with what is secret of it replaced; nothing if nothing is.
std::optional<std::string> with_secret(const std::string& key, const std::string& value,
                                       const std::string& replacement) {
  if (key != "database.url") return value.empty() ? std::nullopt : std::optional{replacement};
  const auto password = password_in(value);
  if (!password) return std::nullopt;
  return value.substr(0, password->begin) + replacement + value.substr(password->end);
}

std::string secret_of(const std::string& key, const std::string& value) {
  if (key != "database.url") return value;
  const auto password = password_in(value);
  return password ? value.substr(password->begin, password->end - password->begin) : std::string{};
}

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// A secret key's value as the file writes it, without the secret. What the program did not take, a
// number or an unknown scheme, is looked at as it is written.
std::optional<std::string> hide(const std::string& key, const std::string& written,
                                const std::string& held) {
  const auto marker = marker_of(key);
  if (const auto hidden = with_secret(key, held, marker)) return toml_string(*hidden);
  if (written == "\"\"" || written == "''") return std::nullopt;
  if (key != "database.url") return toml_string(marker);
  return with_secret(key, written, marker);
}

// Values of the file's text replaced, the last first, so that the places of the others stay right.
std::string replaced(std::string text, std::vector<std::pair<Extent, std::string>> replacements) {
  std::ranges::sort(replacements, std::ranges::greater{},
                    [](const auto& r) { return r.first.begin; });
  for (const auto& [extent, value] : replacements)
    text.replace(extent.begin, extent.end - extent.begin, value);
  return text;
}

// In a text that is no TOML, and in comments, nobody knows where a value ends: from what looks like
// a secret key's "=" to the end of the line everything goes.
std::string mask_line(const std::string& line) {
  for (const auto& key : schema()) {
    if (!key.secret) continue;
    const auto name = key.name.substr(key.name.rfind('.') + 1);
    for (auto at = line.find(name); at != std::string::npos; at = line.find(name, at + 1)) {
      auto equals = at + name.size();
      while (equals < line.size() &&
             std::string_view{" \t\"'"}.find(line[equals]) != std::string_view::npos)
        ++equals;
      if (equals >= line.size() || line[equals] != '=') continue;
      const auto value = trim(std::string_view{line}.substr(equals + 1));
      const bool plain = value.empty() || value == "\"\"" || value.starts_with("\"sqlite:") ||
                         value.starts_with("\"(secret ");
      if (!plain) return line.substr(0, equals + 1) + " \"" + marker_of(key.name) + "\"";
    }
  }
  return line;
}

bool is_comment(std::string_view line) { return trim(line).starts_with('#'); }

// A value that goes on over lines hides in the lines after its key's.
bool goes_on(std::string_view line, std::string_view quotes) {
  const auto first = line.find(quotes);
  return first != std::string_view::npos && line.find(quotes, first + 3) == std::string_view::npos;
}

std::string mask_lines(const std::string& text, bool comments_only) {
  std::string masked;
  std::string inside;  // the quotes that end what has begun
  const auto lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string line{lines[i]};
    if (i > 0) masked += '\n';
    if (comments_only && !is_comment(line)) {
      masked += line;
    } else if (!inside.empty()) {
      masked += "(hidden)";
      if (line.find(inside) != std::string::npos) inside.clear();
    } else {
      masked += mask_line(line);
      for (const auto* quotes : {R"(""")", "'''"}) {
        if (!comments_only && goes_on(line, quotes)) inside = quotes;
      }
    }
  }
  return masked;
}

Result<> write_whole(const std::string& path, const std::string& text, mode_t mode) {
  const auto failed = replace_file(path, text, mode);
  if (!failed) return {};
  Error error{ErrorKind::denied, path + " cannot be written: " + failed.message()};
  return fail(std::move(error).remedy(
      "give this user the right to write it, or edit it by hand and press Retry"));
}

bool is_line_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return false;
  return trim(line.substr(name.size())).starts_with('=');
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace

std::string mask_secrets(const std::string& text, const Settings& in_force) {
  const auto loaded = load_alone(text).loaded;
  auto masked = text;
  if (loaded.parsed) {
    std::vector<std::pair<Extent, std::string>> replacements;
    for (const auto& [key, extent] : loaded.extents) {
      if (!find_key(key)->secret) continue;
      const auto written = text.substr(extent.begin, extent.end - extent.begin);
      if (const auto hidden = hide(key, written, held_by(loaded.settings, key)))
        replacements.emplace_back(extent, *hidden);
    }
    masked = replaced(std::move(masked), std::move(replacements));
  }
  masked = mask_lines(masked, loaded.parsed);
  // Whatever is in force is known, wherever it stands.
  for (const auto& [key, secret] : named_secrets(in_force)) {
    if (secret.size() >= 4) replace_all(masked, secret, marker_of(key));
  }
  return masked;
}

Result<Document> Editor::open() const {
  const auto path = target_of(configuration_.sources());
  Document document{.path = path, .exists = fs::exists(path), .text = {}, .version = "none"};
  if (!document.exists) return document;
  auto text = read_file(path);
  if (!text) return fail(std::move(text).error());
  document.version = version_of(*text);
  document.text = mask_secrets(*text, configuration_.settings());
  return document;
}

Result<std::string> Editor::unmasked(const std::string& text) const {
  if (text.size() > text_limit)
    return fail(ErrorKind::invalid, "a configuration file has at most {} bytes", text_limit);
  if (!is_utf8(text)) return fail(ErrorKind::invalid, "the text is not valid UTF-8");
  const auto path = target_of(configuration_.sources());
  const auto before = fs::exists(path) ? read_file(path) : Result<std::string>{std::string{}};
  if (!before) return fail(before.error());
  const auto on_disk = load_alone(*before).loaded;
  const auto given = load_alone(text).loaded;
  std::vector<std::pair<Extent, std::string>> replacements;
  // A marker stands for a secret only where that secret belongs, and only as the whole of it:
  // elsewhere it would show it.
  for (const auto& [key, extent] : given.extents) {
    if (!find_key(key)->secret) continue;
    const auto value = held_by(given.settings, key);
    if (secret_of(key, value) != marker_of(key)) {
      if (value.find("(secret ") == std::string::npos) continue;
      return fail(ErrorKind::invalid, "{}: the marker of a secret stands for the whole of it", key);
    }
    auto kept = secret_of(key, held_by(on_disk.settings, key));
    if (kept.empty()) kept = secret_of(key, held_by(configuration_.settings(), key));
    if (kept.empty())
      return fail(ErrorKind::invalid, "{}: there is no secret to keep; write the value itself",
                  key);
    replacements.emplace_back(extent, toml_string(*with_secret(key, value, kept)));
  }
  return replaced(text, std::move(replacements));
}

Outcome Editor::load_text(std::string text) const {
  auto sources = configuration_.sources();
  sources.file = target_of(sources);
  sources.text = std::move(text);
  return load(sources);
}

Result<Verdict> Editor::check(const std::string& text) const {
  auto plain = unmasked(text);
  if (!plain) return fail(std::move(plain).error());
  auto outcome = load_text(std::move(*plain));
  Verdict verdict{.faults = std::move(outcome.faults), .changes = {}};
  if (!verdict.faults.empty()) return verdict;
  const auto current = configuration_.current();
  const auto before = named_secrets(current->settings);
  const auto after = named_secrets(outcome.loaded.settings);
  for (const auto& key : schema()) {
    const auto& old_value = current->shown.at(key.name);
    const auto& new_value = outcome.loaded.shown.at(key.name);
    const auto same_secret = [&](const auto& list) {
      const auto at = std::ranges::find(list, key.name, [](const auto& s) { return s.first; });
      return at == list.end() ? std::string{} : at->second;
    };
    if (old_value == new_value && same_secret(before) == same_secret(after)) continue;
    verdict.changes.push_back({key.name, old_value, new_value});
  }
  return verdict;
}

Result<> Editor::save(const std::string& text, const std::string& version) const {
  auto verdict = check(text);
  if (!verdict) return fail(std::move(verdict).error());
  if (!verdict->faults.empty()) {
    Error faulty{ErrorKind::invalid, text_of(verdict->faults)};
    return fail(std::move(faulty).remedy("mend what is named; nothing has been written"));
  }
  // Through a symbolic link to the file it means, which stays where it is.
  std::error_code error;
  const auto named = target_of(configuration_.sources());
  const auto real = fs::weakly_canonical(named, error);
  const auto path = error ? named : real.string();
  const auto before = fs::exists(path) ? read_file(path) : Result<std::string>{std::string{}};
  if (!before) return fail(before.error());
  const auto now = fs::exists(path) ? version_of(*before) : std::string{"none"};
  if (now != version) {
    Error changed{ErrorKind::conflict, path + " has been changed meanwhile"};
    return fail(std::move(changed).remedy("open it again and make your changes anew"));
  }
  const auto plain = unmasked(text);
  if (!plain) return fail(plain.error());
  struct stat info{};
  const mode_t mode = ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0600U;
  if (fs::exists(path)) {
    if (auto kept = write_whole(path + ".bak", *before, mode); !kept) return kept;
  }
  return write_whole(path, *plain, mode);
}

Result<std::string> Editor::with(const std::string& text, const std::string& key,
                                 const std::optional<std::string>& value) const {
  if (find_key(key) == nullptr) {
    return fail(ErrorKind::not_found, "there is no key '{}'{}", printable(key),
                did_you_mean(key, key_names()));
  }
  auto edited = edit_key(text, key, value);
  // The safety net: whatever else the file says must still be said, and no other fault be new.
  const auto before = load_alone(text);
  const auto after = load_alone(edited);
  const auto other_faults = [&](const Outcome& outcome) {
    return std::ranges::count_if(
        outcome.faults, [&](const Fault& fault) { return !fault.what.starts_with(key + ":"); });
  };
  const auto unchanged = [&](const Key& known) {
    return known.name == key ||
           before.loaded.shown.at(known.name) == after.loaded.shown.at(known.name);
  };
  if (!std::ranges::all_of(schema(), unchanged) || other_faults(after) > other_faults(before)) {
    return fail(ErrorKind::invalid, "{} cannot be changed by machine in this file: edit its text",
                key);
  }
  return edited;
}

std::string edit_key(const std::string& text, const std::string& key,
                     const std::optional<std::string>& value) {
  const auto dot = key.rfind('.');
  const auto section = key.substr(0, dot);
  const auto name = key.substr(dot + 1);
  const auto entry = value ? fmt::format("{} = {}", name, *value) : std::string{};
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();

  std::string current;
  std::optional<std::size_t> header;
  std::optional<std::size_t> sample;  // "# name = default", as `config init` writes it
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = trim(lines[i]);
    if (line.starts_with('[')) {
      current = std::string{trim(line.substr(1, line.find(']') - 1))};
      if (current == section) header = i;
      continue;
    }
    const bool here = (current == section && is_line_of(line, name)) ||
                      (current.empty() && is_line_of(line, key));
    if (here) {
      if (!value) {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        lines[i] = current.empty() ? fmt::format("{} = {}", key, *value) : entry;
      }
      return joined(lines);
    }
    if (current == section && line.starts_with('#') && is_line_of(trim(line.substr(1)), name))
      sample = i;
  }
  if (!value) return joined(lines);
  if (sample) {
    lines[*sample] = entry;
  } else if (header) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(*header) + 1, entry);
  } else {
    if (!lines.empty()) lines.emplace_back();
    lines.push_back(fmt::format("[{}]", section));
    lines.push_back(entry);
  }
  return joined(lines);
}

}  // namespace orrery::config
