#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <toml++/impl/preprocessor.h>
// toml++ 3.3 asserts, or in a release build assumes, things about input that input decides, such as
// that a key begins as a key must. It checks them a line later; so they are neither here.
#undef TOML_ASSERT
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_ASSERT_ASSUME(expr) static_assert(true)
#include <toml++/toml.h>

#include "core/text.h"

namespace orrery::config {
namespace {

constexpr std::string_view prefix = "ORRERY_";
// Short names of settings that are usually given by the environment alone.
const std::map<std::string, std::string, std::less<>> short_names = {
    {"ORRERY_DISCORD_TOKEN", "discord.token"}, {"ORRERY_SENTRY_DSN", "sentry.dsn"}};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return std::nullopt;
  return std::move(text).str();
}

// "ORRERY_HTTP__ALLOWED_HOSTS" -> "http.allowed_hosts"; nothing for a name that is no key's.
std::optional<std::string> key_of_variable(std::string_view variable) {
  if (const auto at = short_names.find(variable); at != short_names.end()) return at->second;
  if (!variable.starts_with(prefix) || variable.find("__") == std::string_view::npos)
    return std::nullopt;
  variable.remove_prefix(prefix.size());
  std::string key;
  for (std::size_t i = 0; i < variable.size(); ++i) {
    if (variable.substr(i, 2) == "__") {
      key += '.';
      ++i;
    } else {
      key += static_cast<char>(std::tolower(static_cast<unsigned char>(variable[i])));
    }
  }
  return key;
}

// Where a character stands that TOML forbids. The parser (toml++ 3) trusts that somebody has
// looked: it ends the program at a zero byte in a key.
std::optional<std::size_t> line_of_control(std::string_view text) {
  std::size_t line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) return line;
  }
  return std::nullopt;
}

std::string source_path(const std::string& folder, std::string_view name) {
  return folder == "." ? "./" + std::string{name} : folder + "/" + std::string{name};
}

class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_{sources} {}

  Outcome run() {
    set_defaults();
    read_toml();
    read_credentials();
    const auto dot_env = read_dot_env();
    read_secret_files(sources_.environment, dot_env);
    read_variables(dot_env);
    for (const auto& [variable, text] : sources_.environment) {
      if (is_file_variable(variable)) continue;
      if (const auto key = key_of_variable(variable)) set_text(*key, text, variable);
    }
    for (const auto& [key, text] : sources_.flags) set_text(key, text, "command line");
    return std::move(out_);
  }

 private:
  void fault(std::string where, std::string_view key, std::string_view what) {
    out_.faults.push_back({std::move(where), fmt::format("{}: {}", key, what), line_});
  }

  void set_defaults() {
    for (const auto& key : schema()) {
      auto text = key.fallback;
      if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
      if (key.kind == Kind::list) text.clear();
      out_.loaded.shown[key.name] = key.fallback;
      if (key.secret && text.empty()) continue;
      const auto value = parse_text(key, text);
      if (!value || !key.set(out_.loaded.settings, *value)) std::abort();  // the schema is ours
    }
  }

  void set(const Key& key, const Value& value, const std::string& where) {
    if (auto done = key.set(out_.loaded.settings, value); !done) {
      // What a secret holds is never part of a message.
      const bool quiet = key.secret && key.name != "database.url";
      return fault(where, key.name, quiet ? "is not a valid text" : done.error().text());
    }
    out_.loaded.origin[key.name] = where;
    out_.loaded.shown[key.name] = shown(key, value);
  }

  static std::string shown(const Key& key, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
      return items->empty() ? "[]" : "[\"" + join(*items, "\", \"") + "\"]";
    }
    const auto& text = std::get<std::string>(value);
    if (key.name == "database.url") return "\"" + redacted_url(text) + "\"";
    return key.secret ? "\"(secret)\"" : "\"" + text + "\"";
  }

  void set_text(const std::string& name, std::string_view text, const std::string& where) {
    const Key* key = find_key(name);
    if (key == nullptr) return unknown(name, where);
    const auto value = parse_text(*key, text);
    if (!value) return fault(where, name, value.error().text());
    set(*key, *value, where);
  }

  void unknown(const std::string& name, const std::string& where) {
    fault(where, name, "there is no such key" + did_you_mean(name, key_names()));
  }

  // ---- the file

  std::optional<std::string> find_file() {
    if (sources_.text) return sources_.file;
    const auto named = [&](const std::string& path,
                           std::string_view who) -> std::optional<std::string> {
      if (std::filesystem::is_regular_file(path)) return path;
      out_.faults.push_back(
          {path,
           fmt::format("the file named by {} cannot be read: {}", who,
                       std::filesystem::exists(path) ? "not a regular file" : "no such file"),
           0});
      return std::nullopt;
    };
    if (sources_.file) return named(*sources_.file, "--config");
    const auto variable = sources_.environment.find("ORRERY_CONFIG");
    if (variable != sources_.environment.end()) return named(variable->second, "ORRERY_CONFIG");
    for (const auto& path :
         {source_path(sources_.folder, "orrery.toml"), std::string{"/etc/orrery/orrery.toml"}}) {
      if (std::filesystem::exists(path)) return path;
    }
    return std::nullopt;
  }

  void read_toml() {
    const auto path = find_file();
    if (!path) return;
    const auto text = sources_.text ? sources_.text : read_file(*path);
    if (!text) {
      out_.faults.push_back({*path, "the file cannot be read: permission denied", 0});
      return;
    }
    out_.loaded.file = *path;
    if (const auto line = line_of_control(*text)) {
      out_.faults.push_back({fmt::format("{}:{}", *path, *line),
                             "is not valid TOML: a control character stands there", *line});
      out_.loaded.parsed = false;
      return;
    }
    text_ = *text;
    try {
      walk(toml::parse(*text, *path), "", *path);
      std::ranges::sort(out_.faults, {}, &Fault::line);  // tables come by name
      line_ = 0;
    } catch (const toml::parse_error& e) {
      out_.faults.push_back({fmt::format("{}:{}", *path, e.source().begin.line),
                             fmt::format("is not valid TOML: {}", e.description()),
                             e.source().begin.line});
      out_.loaded.parsed = false;
    }
  }

  void walk(const toml::table& table, const std::string& above, const std::string& path) {
    for (const auto& [name, node] : table) {
      const auto full =
          above.empty() ? std::string{name.str()} : above + "." + std::string{name.str()};
      line_ = name.source().begin.line;
      const auto where = fmt::format("{}:{}", path, line_);
      if (const auto* inner = node.as_table()) {
        if (is_section(full)) {
          walk(*inner, full, path);
        } else if (find_key(full) != nullptr) {
          fault(where, full, "expected a value, found a section");
        } else {
          fault(where, full, "there is no such section" + did_you_mean(full, sections()));
        }
      } else if (const Key* key = find_key(full)) {
        if (const auto value = value_of(node)) {
          out_.loaded.extents[full] = extent_of(node.source());
          set(*key, *value, where);
        } else {
          fault(where, full,
                fmt::format("expected a {}, found something else", name_of(key->kind)));
        }
      } else {
        unknown(full, where);
      }
    }
  }

  // Lines and columns, counted in characters, as bytes.
  std::size_t offset_of(const toml::source_position& position) const {
    std::size_t at = 0;
    for (toml::source_index line = 1; line < position.line && at < text_.size(); ++line)
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
    for (toml::source_index column = 1; column < position.column && at < text_.size(); ++column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
    }
    return at;
  }
  Extent extent_of(const toml::source_region& region) const {
    return {offset_of(region.begin), offset_of(region.end)};
  }

  static std::vector<std::string> sections() {
    std::vector<std::string> names;
    for (const auto& key : schema()) {
      for (auto dot = key.name.find('.'); dot != std::string::npos;
           dot = key.name.find('.', dot + 1)) {
        const auto section = key.name.substr(0, dot);
        if (std::ranges::find(names, section) == names.end()) names.push_back(section);
      }
    }
    return names;
  }
  static bool is_section(const std::string& name) {
    const auto all = sections();
    return std::ranges::find(all, name) != all.end();
  }

  static std::optional<Value> value_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return Value{text->get()};
    if (const auto* number = node.as_integer()) return Value{number->get()};
    if (const auto* flag = node.as_boolean()) return Value{flag->get()};
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> items;
    for (const auto& item : *array) {
      if (const auto* text = item.as_string()) {
        items.push_back(text->get());
      } else if (const auto* number = item.as_integer()) {  // ids may be written as numbers
        items.push_back(std::to_string(number->get()));
      } else {
        return std::nullopt;
      }
    }
    return Value{std::move(items)};
  }

  // ---- environment, .env, secret files

  std::map<std::string, std::pair<std::string, std::string>> read_dot_env() {
    std::map<std::string, std::pair<std::string, std::string>> variables;  // text, where
    const auto path = source_path(sources_.folder, ".env");
    const auto text = read_file(path);
    if (!text) return variables;
    std::size_t number = 0;
    for (auto line : split(*text, '\n')) {
      ++number;
      line = trim(line);
      if (line.starts_with("export ")) line = trim(line.substr(7));
      const auto equals = line.find('=');
      if (line.empty() || line.starts_with('#') || equals == std::string_view::npos) continue;
      auto value = trim(line.substr(equals + 1));
      const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                          value.back() == value.front();
      if (quoted) value = value.substr(1, value.size() - 2);
      variables[std::string{trim(line.substr(0, equals))}] = {std::string{value},
                                                              fmt::format("{}:{}", path, number)};
    }
    return variables;
  }

  void read_variables(const std::map<std::string, std::pair<std::string, std::string>>& variables) {
    for (const auto& [variable, value] : variables) {
      if (is_file_variable(variable)) continue;
      if (const auto key = key_of_variable(variable)) set_text(*key, value.first, value.second);
    }
  }

  // A variable whose name without _FILE is a key's, and with it is none's.
  static bool is_file_variable(std::string_view variable) {
    if (!variable.ends_with("_FILE")) return false;
    const auto whole = key_of_variable(variable);
    const auto stem = key_of_variable(variable.substr(0, variable.size() - 5));
    return stem && find_key(*stem) != nullptr && (!whole || find_key(*whole) == nullptr);
  }

  void read_secret_files(
      const std::map<std::string, std::string>& environment,
      const std::map<std::string, std::pair<std::string, std::string>>& dot_env) {
    for (const auto& [variable, value] : dot_env) read_secret_file(variable, value.first);
    for (const auto& [variable, path] : environment) read_secret_file(variable, path);
  }

  void read_secret_file(const std::string& variable, const std::string& path) {
    if (!is_file_variable(variable)) return;
    const auto key = *key_of_variable(std::string_view{variable}.substr(0, variable.size() - 5));
    const auto text = read_file(path);
    if (!text) return fault(variable, key, fmt::format("the secret file {} cannot be read", path));
    set_text(key, trim(*text), path);
  }

  void read_credentials() {
    const auto folder = sources_.environment.find("CREDENTIALS_DIRECTORY");
    if (folder == sources_.environment.end()) return;
    for (const auto& key : schema()) {
      const auto path = folder->second + "/" + key.name;
      if (const auto text = read_file(path)) set_text(key.name, trim(*text), path);
    }
  }

  const Sources& sources_;
  Outcome out_;
  std::string text_;      // of the file
  std::size_t line_ = 0;  // of the key at hand, in it
};

}  // namespace

Outcome load(const Sources& sources) { return Loader{sources}.run(); }

std::string redacted_url(const std::string& url) {
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return url;
  const auto colon = url.find(':', scheme + 3);
  if (colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + "***" + url.substr(at);
}

std::string show(const Loaded& loaded) {
  std::string text;
  std::string section;
  for (const auto& key : schema()) {
    const auto dot = key.name.rfind('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    const auto origin = loaded.origin.find(key.name);
    text += fmt::format("{} = {}{}\n", key.name.substr(dot + 1), loaded.shown.at(key.name),
                        origin == loaded.origin.end() ? "" : "  # " + origin->second);
  }
  return text;
}

std::string text_of(const std::vector<Fault>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    if (!text.empty()) text += '\n';
    text += fault.where + ": " + fault.what;
  }
  return text;
}

std::string sample() {
  std::string text =
      "# Orrery's configuration. Every key is shown with its default; change what you need.\n";
  std::string section;
  for (const auto& key : schema()) {
    const auto dot = key.name.rfind('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      text += fmt::format("\n[{}]\n", section);
    }
    text += fmt::format("# {}\n", key.doc);
    if (!key.choices.empty()) text += fmt::format("# One of: {}\n", join(key.choices, ", "));
    text += fmt::format("# {} = {}\n", key.name.substr(dot + 1), key.fallback);
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> named_secrets(const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> secrets;
  const std::pair<const char*, const Secret*> whole[] = {{"discord.token", &settings.discord.token},
                                                         {"sentry.dsn", &settings.sentry.dsn}};
  for (const auto& [key, secret] : whole) {
    if (!secret->empty()) secrets.emplace_back(key, secret->reveal());
  }
  const auto& url = settings.database.url.reveal();
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme != std::string::npos && at != std::string::npos && at > scheme) {
    const auto colon = url.find(':', scheme + 3);
    if (colon != std::string::npos && colon + 1 < at)
      secrets.emplace_back("database.url", url.substr(colon + 1, at - colon - 1));
  }
  return secrets;
}

std::vector<std::string> secrets_of(const Settings& settings) {
  std::vector<std::string> secrets;
  for (auto& [key, secret] : named_secrets(settings)) secrets.push_back(std::move(secret));
  return secrets;
}

std::string target_of(const Sources& sources) {
  if (sources.file) return *sources.file;
  const auto variable = sources.environment.find("ORRERY_CONFIG");
  if (variable != sources.environment.end()) return variable->second;
  auto here = source_path(sources.folder, "orrery.toml");
  std::string system = "/etc/orrery/orrery.toml";
  if (!std::filesystem::exists(here) && std::filesystem::exists(system)) return system;
  return here;
}

}  // namespace orrery::config
