// What copies of a database are called, and which of them are kept.
#pragma once

#include "storage/backend.h"

namespace orrery::storage {

enum class Purpose { asked_for, before_change };
// A new backup's place in the folder, which is made: "orrery-20260131T120000Z-v7.db", with "-auto"
// before the dot for one that nobody asked for. A second one within a second gets a number.
Result<std::string> backup_file(const Backend& backend, const std::string& folder, int version,
                                Purpose purpose);
// What it is called until it is whole: no other process uses the name.
std::string unfinished_name(const std::string& file);
// Removes the oldest automatic copies until `keep` are left, and what processes that have ended
// left unfinished.
void prune_backups(const Backend& backend, const std::string& folder, std::size_t keep);

}  // namespace orrery::storage
