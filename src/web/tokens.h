// Random tokens, and the hashes under which they are kept.
//
// Source    https://doc.libsodium.org/hashing/generic_hashing
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery::web {

// 256 bits as URL-safe base64.
std::string random_token();
// Eight characters a person can copy from paper: "k7mp-2xqd".
std::string random_code();
// As an authenticator wants it: 160 bits as base32.
std::string random_base32();

// `domain` keeps hashes of different kinds apart; at least 16 bytes, libsodium takes it as a key.
std::string token_digest(std::string_view domain, std::string_view text);

}  // namespace orrery::web
