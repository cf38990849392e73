// From files, environment and flags to Settings, with every fault at once.
//
// Strongest first: flags, environment (ORRERY_SECTION__KEY), .env, secret files (ORRERY_…_FILE and
// systemd credentials), the file, defaults. A weaker layer's value is checked even if a stronger
// one covers it.
#pragma once

#include <map>

#include "config/schema.h"

namespace orrery::config {

// Everything load depends on, so that it can be tested without a machine.
struct Sources {
  std::optional<std::string> file = {};                    // --config
  std::optional<std::string> text = {};                    // what that file would hold
  std::vector<std::pair<std::string, std::string>> flags;  // key, text
  std::map<std::string, std::string> environment;
  std::string folder = ".";  // where ./orrery.toml and ./.env are looked for
};

// "FILE:LINE: section.key: what is wrong"
struct Fault {
  std::string where;
  std::string what;
  std::size_t line = 0;  // in the file; 0 for what has no lines
};

// Where a value stands in the text of the file: bytes from the first to one past the last.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Loaded {
  Settings settings;
  std::optional<std::string> file;            // the one that was read
  std::map<std::string, std::string> origin;  // of each key that is not at its default
  std::map<std::string, std::string> shown;   // each key's value as a person may see it
  std::map<std::string, Extent> extents;      // of each key's value in the file
  bool parsed = true;                         // the file is TOML, whatever else is wrong with it
};

struct Outcome {
  Loaded loaded;
  std::vector<Fault> faults;  // empty: loaded counts
};

Outcome load(const Sources& sources);

// One fault a line.
std::string text_of(const std::vector<Fault>& faults);

// The settings in force, with where each came from; secrets are never shown.
std::string show(const Loaded& loaded);
// A database URL without its password.
std::string redacted_url(const std::string& url);
// A commented file with every key at its default.
std::string sample();

// All texts that must never be shown, with the key each belongs to.
std::vector<std::pair<std::string, std::string>> named_secrets(const Settings& settings);
std::vector<std::string> secrets_of(const Settings& settings);

// The file that is read, or that would be read if it were made.
std::string target_of(const Sources& sources);

}  // namespace orrery::config
