#include "storage/migrations.h"

#include "storage/embedded_migrations.h"

namespace orrery::storage {

std::span<const Migration> migrations() { return embedded_migrations; }

std::uint64_t fingerprint(std::string_view sql) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : sql) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

}  // namespace orrery::storage
