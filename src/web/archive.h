// Several texts as one ZIP file, for people to download.
//
// Threads   any; it blocks for as long as compressing takes.
// Source    minizip, which comes with zlib
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace orrery::web {

struct ArchiveFile {
  std::string name;
  std::string text;
};

// Errors: unavailable (no memory).
Result<std::string> zip(const std::vector<ArchiveFile>& files);

}  // namespace orrery::web
