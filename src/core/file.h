// A small file replaced whole or not at all, however the process ends meanwhile.
//
// Threads   any; it blocks until the disk has it.
#pragma once

#include <string>
#include <system_error>

#include <sys/types.h>

namespace orrery {

// Writes beside the file, forces it to disk, and renames it over. No error: it stands there. An
// error: what stood there before still does, and nothing is left beside it.
std::error_code replace_file(const std::string& path, const std::string& text, mode_t mode);

}  // namespace orrery
