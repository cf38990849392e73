#include "storage/copies.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>

#include <unistd.h>

namespace orrery::storage {
namespace {

namespace fs = std::filesystem;

// "orrery-….db.4711.part" and what SQLite puts beside it -> 4711.
std::optional<pid_t> maker_of(std::string_view name) {
  const auto part = name.rfind(".part");
  if (!name.starts_with("orrery-") || part == std::string_view::npos) return std::nullopt;
  const auto dot = name.rfind('.', part - 1);
  if (dot == std::string_view::npos) return std::nullopt;
  pid_t pid = 0;
  const auto* const end = name.data() + part;
  if (std::from_chars(name.data() + dot + 1, end, pid).ptr != end) return std::nullopt;
  return pid;
}

// Nor is it another container's, where the number may mean another process: a copy that is being
// made is written to.
bool is_left(const fs::directory_entry& entry, pid_t maker) {
  std::error_code error;
  const auto age = fs::file_time_type::clock::now() - entry.last_write_time(error);
  return ::kill(maker, 0) != 0 && errno == ESRCH && !error && age > std::chrono::hours{1};
}

void sweep(const std::string& folder) {
  std::vector<fs::path> left;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const auto maker = maker_of(entry.path().filename().string());
    if (maker && is_left(entry, *maker)) left.push_back(entry.path());
  }
  for (const auto& file : left) fs::remove(file, error);
}

}  // namespace

std::string unfinished_name(const std::string& file) {
  return fmt::format("{}.{}.part", file, ::getpid());
}

Result<std::string> backup_file(const Backend& backend, const std::string& folder, int version,
                                Purpose purpose) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    Error refused{ErrorKind::denied, fmt::format("{} cannot be made: {}", folder, error.message())};
    return fail(std::move(refused).remedy("make it, or give this user the right to"));
  }
  auto stamp = iso8601(wall_now()).substr(0, 19) + "Z";
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  for (int i = 0;; ++i) {
    auto file = fmt::format("{}/orrery-{}-v{}{}{}.{}", folder, stamp, version,
                            i == 0 ? "" : fmt::format("-{}", i),
                            purpose == Purpose::before_change ? "-auto" : "", backend.extension());
    if (!fs::exists(file, error)) return file;
  }
}

void prune_backups(const Backend& backend, const std::string& folder, std::size_t keep) {
  std::vector<fs::path> copies;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("orrery-") && name.ends_with(fmt::format("-auto.{}", backend.extension())))
      copies.push_back(entry.path());
  }
  const auto written = [&](const fs::path& copy) { return fs::last_write_time(copy, error); };
  std::ranges::sort(copies, {}, written);
  sweep(folder);
  for (std::size_t i = 0; i + keep < copies.size(); ++i) fs::remove(copies[i], error);
}

}  // namespace orrery::storage
