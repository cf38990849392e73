#include "web/totp.h"

#include <cstdlib>

#include <fmt/format.h>
#include <liboath/oath.h>

namespace orrery::web {
namespace {

constexpr unsigned step_seconds = 30;

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    encoded += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace

std::optional<std::int64_t> totp_step(const Secret& base32, const std::string& code, WallTime now) {
  if (code.size() != 6 || code.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  char* key = nullptr;
  std::size_t size = 0;
  const auto& text = base32.reveal();
  if (oath_base32_decode(text.data(), text.size(), &key, &size) != OATH_OK) return std::nullopt;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::uint64_t counter = 0;
  const int found = oath_totp_validate4(key, size, seconds, step_seconds, 0, 1, nullptr, &counter,
                                        0, code.c_str());
  std::free(key);  // NOLINT: the library allocates it so
  if (found < 0) return std::nullopt;
  return static_cast<std::int64_t>(counter);
}

std::string totp_uri(const Secret& base32, const std::string& user) {
  return fmt::format("otpauth://totp/Orrery:{}?secret={}&issuer=Orrery", percent_encoded(user),
                     base32.reveal());
}

}  // namespace orrery::web
