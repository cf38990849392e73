#include "web/tokens.h"

#include <array>
#include <cstring>

#include <sodium.h>

namespace orrery::web {
namespace {

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::string text(sodium_base64_encoded_len(count, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                   '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, count,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::string random_letters(std::string_view alphabet, std::size_t count) {
  std::string text;
  while (text.size() < count)
    text += alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  return text;
}

}  // namespace

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return base64(bytes.data(), bytes.size());
}

std::string random_code() {
  // Without what looks alike on paper.
  auto code = random_letters("abcdefghjkmnpqrstuvwxyz23456789", 8);
  return code.insert(4, "-");
}

std::string random_base32() { return random_letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32); }

std::string token_digest(std::string_view domain, std::string_view text) {
  std::array<unsigned char, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), reinterpret_cast<const unsigned char*>(domain.data()),
                     domain.size());
  return base64(hash.data(), hash.size());
}

}  // namespace orrery::web
