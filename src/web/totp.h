// Time-based one-time passwords, as every authenticator makes them: SHA-1, six digits, 30 seconds.
//
// Source    RFC 6238; checked by liboath
#pragma once

#include <optional>

#include "core/secret.h"
#include "core/time.h"

namespace orrery::web {

// The 30-second step that a code belongs to, if it is one of `now` or of a neighbouring step.
std::optional<std::int64_t> totp_step(const Secret& base32, const std::string& code, WallTime now);

// What a QR code for an authenticator holds.
// Source    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
std::string totp_uri(const Secret& base32, const std::string& user);

}  // namespace orrery::web
