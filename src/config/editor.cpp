#include "config/editor.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

// "…://name:password@…"
std::string mask_password(const std::string& line) {
  const auto scheme = line.find("://");
  const auto at = line.rfind('@');
  const auto colon = scheme == std::string::npos ? scheme : line.find(':', scheme + 3);
  if (at == std::string::npos || colon == std::string::npos || colon > at) return line;
  return line.substr(0, colon + 1) + marker_of("database.url") + line.substr(at);
}

// What looks like a secret key's line, also in a comment or a file that cannot be parsed: what
// stands there goes.
std::string mask_line(const std::string& line) {
  const auto equals = line.find('=');
  if (equals == std::string::npos) return line;
  auto name = trim(std::string_view{line}.substr(0, equals));
  if (name.starts_with('#')) name = trim(name.substr(1));
  for (const auto& key : schema()) {
    const bool meant = key.name == name || key.name.ends_with("." + std::string{name});
    if (!key.secret || !meant) continue;
    const auto rest = trim(std::string_view{line}.substr(equals + 1));
    if (rest.empty() || rest == "\"\"" || rest.find("(secret ") != std::string_view::npos)
      return line;
    if (key.name == "database.url") return mask_password(line);
    return line.substr(0, equals) + "= \"" + marker_of(key.name) + "\"";
  }
  return line;
}

std::vector<std::pair<std::string, std::string>> secrets_in(const std::string& text,
                                                            const Settings& in_force) {
  auto secrets = named_secrets(load_alone(text).loaded.settings);
  for (auto& secret : named_secrets(in_force)) secrets.push_back(std::move(secret));
  return secrets;
}

Error cannot_write(const std::string& path) {
  Error error{ErrorKind::denied, path + " cannot be written: " + std::strerror(errno)};
  return std::move(error).remedy(
      "give this user the right to write it, or edit it by hand and press Retry");
}

Result<> write_whole(const std::string& path, const std::string& text, mode_t mode) {
  const auto beside = path + ".new";
  ::unlink(beside.c_str());
  const int file =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) return fail(cannot_write(path));
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fchmod(file, mode) == 0 && ::fsync(file) == 0;
  ::close(file);
  if (written && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  auto error = cannot_write(path);
  ::unlink(beside.c_str());
  return fail(std::move(error));
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
  auto masked = text;
  for (const auto& [key, secret] : secrets_in(text, in_force)) {
    if (secret.size() >= 4) replace_all(masked, secret, marker_of(key));
  }
  std::string lines;
  const auto all = split(masked, '\n');
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) lines += '\n';
    lines += mask_line(std::string{all[i]});
  }
  return lines;
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
  auto plain = text;
  const auto path = target_of(configuration_.sources());
  const auto before = fs::exists(path) ? read_file(path) : Result<std::string>{std::string{}};
  if (!before) return fail(before.error());
  for (const auto& [key, secret] : secrets_in(*before, configuration_.settings()))
    replace_all(plain, marker_of(key), secret);
  for (const auto& key : schema()) {
    if (!key.secret || plain.find(marker_of(key.name)) == std::string::npos) continue;
    return fail(ErrorKind::invalid, "{}: there is no secret to keep; write the value itself",
                key.name);
  }
  return plain;
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
