// The data folder: where it is, what is in it, and the lock that keeps a second instance out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "core/result.h"
#include "core/time.h"

namespace orrery::app {

// --data, else $STATE_DIRECTORY, else ${XDG_STATE_HOME:-~/.local/state}/orrery; absolute.
std::string data_folder(const std::optional<std::string>& flag);

// Where the control socket of a data folder is: run/orrery.sock in it, or a short path elsewhere
// when that would not fit into a socket address. Programs and their clients compute the same.
std::string control_socket(const std::string& folder);

// "http://127.0.0.1:6185": an address that a browser on this machine can open.
std::string http_address(const std::string& host, std::uint16_t port);

// Held while the process lives; the kernel lets go of it however the process ends.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  FolderLock& operator=(FolderLock other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FolderLock();

  // Makes the folders and takes the lock.
  // Errors: conflict (another instance, with its pid), denied (cannot be made or written).
  // `inherited` is a descriptor that holds it already, of a predecessor in this process; or -1.
  static Result<FolderLock> take(const std::string& folder, int inherited = -1);
  // A descriptor that goes on holding it for a successor, after this lock is gone.
  int keep() const;

 private:
  explicit FolderLock(int descriptor) : descriptor_{descriptor} {}
  int descriptor_ = -1;
};

// Who holds the folder's lock, as it has written there; nothing if nobody has ever.
std::optional<pid_t> holder_of(const std::string& folder);

// Waits until no process holds the folder's lock; false when that takes longer than `patience`.
bool wait_for_end(const std::string& folder, Duration patience);

}  // namespace orrery::app
