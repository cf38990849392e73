// The configuration file as a person edits it in a window: shown without secrets, validated before
// it is written, and never lost.
//
// A secret in the file is shown as "(secret discord.token)"; a text that still says so keeps it.
//
// Threads   any one strand; reads and writes small files.
// Limits    256 KiB of text.
#pragma once

#include "config/configuration_component.h"

namespace orrery::config {

struct Document {
  std::string path;
  bool exists = false;
  std::string text;     // secrets replaced by markers
  std::string version;  // of the file's bytes, to notice that somebody else has written it
};

// A key whose value would be another one.
struct Change {
  std::string key;
  std::string before;  // as a person may see it
  std::string after;
};

struct Verdict {
  std::vector<Fault> faults;
  std::vector<Change> changes;  // against the settings in force; empty if there are faults
};

class Editor {
 public:
  explicit Editor(const Configuration& configuration) : configuration_{configuration} {}

  // The file that would be read at the next start, or the one that would be made.
  // Errors: denied.
  Result<Document> open() const;
  // What it would mean. Errors: invalid (too long, no UTF-8, a marker for no secret), denied.
  Result<Verdict> check(const std::string& text) const;
  // Writes it, keeping the text before in FILE.bak. Errors: invalid (it has faults), conflict (it
  // is not `version` any more), denied.
  Result<> save(const std::string& text, const std::string& version) const;
  // The text with the key set to a value in TOML's notation; nothing: without the key.
  // Errors: not_found (no such key), invalid (cannot be done by machine: edit the text).
  Result<std::string> with(const std::string& text, const std::string& key,
                           const std::optional<std::string>& value) const;

 private:
  Result<std::string> unmasked(const std::string& text) const;
  Outcome load_text(std::string text) const;

  const Configuration& configuration_;
};

// Replaces what is secret in the text of a configuration file by markers.
std::string mask_secrets(const std::string& text, const Settings& in_force);

// The line-wise edit behind Editor::with, without its safety net.
std::string edit_key(const std::string& text, const std::string& key,
                     const std::optional<std::string>& value);

}  // namespace orrery::config
