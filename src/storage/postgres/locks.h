// The numbers of our advisory locks among the server's.
#pragma once

#include <cstdint>

namespace orrery::storage::postgres {

// Held by whoever migrates: "orrery" in ASCII.
inline constexpr std::int64_t migration_lock = 0x6F7272657279;
// Shared by the connections of bots, and held alone by whoever puts a copy in the place of all, or
// takes migrations back.
inline constexpr std::int64_t in_use_lock = migration_lock + 1;

}  // namespace orrery::storage::postgres
