#include "core/file.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace orrery {

std::error_code replace_file(const std::string& path, const std::string& text, mode_t mode) {
  const auto beside = path + ".new";
  ::unlink(beside.c_str());  // what an interrupted write, or somebody else, left there
  const int file =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) return {errno, std::generic_category()};
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fchmod(file, mode) == 0 && ::fsync(file) == 0;
  std::error_code error{written ? 0 : errno, std::generic_category()};
  ::close(file);
  if (!error && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  if (!error) error = {errno, std::generic_category()};
  ::unlink(beside.c_str());
  return error;
}

}  // namespace orrery
