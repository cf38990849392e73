// Any text as a configuration file: loaded, masked, edited. Nothing may crash, a secret may not be
// shown, and an edit may not change another key.
#include <cstdlib>

#include "config/editor.h"

using namespace orrery;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const config::Sources sources{
      .file = "fuzz.toml", .text = text, .flags = {}, .environment = {}, .folder = "/nonexistent"};
  const auto loaded = config::load(sources).loaded;
  const auto masked = config::mask_secrets(text, loaded.settings);
  for (const auto& [key, secret] : config::named_secrets(loaded.settings)) {
    // A text that is part of the marker, or too short to be told from one, cannot be hidden by it.
    const bool hidden = secret.size() < 8 || masked.find(secret) == std::string::npos;
    if (!hidden) std::abort();
  }
  const config::Configuration configuration{sources, loaded};
  const config::Editor editor{configuration};
  const auto edited = editor.with(text, "commands.prefix", "\"?\"");
  if (edited) {
    auto after = sources;
    after.text = *edited;
    if (config::load(after).loaded.shown.at("http.port") != loaded.shown.at("http.port"))
      std::abort();
  }
  return 0;
}
