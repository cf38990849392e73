#include "web/archive.h"

#include <ctime>

#include <minizip/zip.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace orrery::web {
namespace {

zip_fileinfo now() {
  const auto seconds = std::time(nullptr);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  zip_fileinfo info{};
  info.tmz_date.tm_year = static_cast<uInt>(time.tm_year + 1900);
  info.tmz_date.tm_mon = static_cast<uInt>(time.tm_mon);
  info.tmz_date.tm_mday = static_cast<uInt>(time.tm_mday);
  info.tmz_date.tm_hour = static_cast<uInt>(time.tm_hour);
  info.tmz_date.tm_min = static_cast<uInt>(time.tm_min);
  info.tmz_date.tm_sec = static_cast<uInt>(time.tm_sec);
  return info;
}

bool add(zipFile archive, const ArchiveFile& file) {
  const auto info = now();
  if (zipOpenNewFileInZip(archive, file.name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                          Z_DEFLATED, Z_DEFAULT_COMPRESSION) != ZIP_OK)
    return false;
  const bool written = zipWriteInFileInZip(archive, file.text.data(),
                                           static_cast<unsigned>(file.text.size())) == ZIP_OK;
  return zipCloseFileInZip(archive) == ZIP_OK && written;
}

// minizip writes files; this one lives in memory.
class MemoryFile {
 public:
  MemoryFile() : descriptor_{::memfd_create("archive", MFD_CLOEXEC)} {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  std::string content() const {
    struct stat info{};
    ::fstat(descriptor_, &info);
    std::string text(static_cast<std::size_t>(info.st_size), '\0');
    const auto size = ::pread(descriptor_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace

Result<std::string> zip(const std::vector<ArchiveFile>& files) {
  const MemoryFile memory;
  zipFile archive = zipOpen(memory.path().c_str(), APPEND_STATUS_CREATE);
  if (archive == nullptr) return fail(ErrorKind::unavailable, "no memory for the archive");
  bool good = true;
  for (const auto& file : files) good = good && add(archive, file);
  good = zipClose(archive, nullptr) == ZIP_OK && good;
  if (!good) return fail(ErrorKind::unavailable, "the archive could not be written");
  return memory.content();
}

}  // namespace orrery::web
