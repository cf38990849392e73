// What one program leaves to the next in the same process: sockets, the lock, and itself.
//
//   the old    checks the new, stops in order, keeps its sockets, exec
//   the new    takes them over, and lets go of the old once its core is ready
//   if not     exec of the old again, which says why
//
// Listening sockets come by the protocol of socket activation (LISTEN_PID, LISTEN_FDS,
// LISTEN_FDNAMES), so that a service manager's are taken in the same way; what else is kept is
// described by a file in memory that ORRERY_HANDOVER names.
//
// Threads   any, before and after the loops run.
// Source    https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.h"
#include "net/open_sockets.h"

namespace orrery::app {

// A program as it is to be run.
struct Invocation {
  std::string program;                 // a path
  std::vector<std::string> arguments;  // with the name it is called by
  std::map<std::string, std::string> environment;
};

struct Handover {
  net::OpenSockets sockets;
  bool managed = false;        // the listening sockets are a service manager's
  int lock = -1;               // of the data folder, held all the time
  int previous = -1;           // the program before, to go back to
  Invocation previous_was;     // how it was started
  std::uint64_t restarts = 0;  // in place, so far
  std::string fell_back;       // why the program that should run now could not
};

// What was left to us; every descriptor is closed on exec from now on, and the variables that tell
// of it are gone.
Handover take_handover();

// This program, as it was started. `program` is where a newer version would be.
Invocation own_invocation(int argc, char** argv);

// Becomes another program with what is left to it, or else the one before; returns only if both
// fail. Errors: unavailable (why).
Result<> become(const Invocation& invocation, const Handover& handover);

// Becomes the program before again, as it was started, telling it why. Requires: there is one.
Result<> fall_back(const Handover& handover, std::string reason);

// The same, if we were started in place and cannot even begin; returns if we were not.
void go_back_from(const std::string& reason);

// A descriptor of the file this program was loaded from, even if it has been replaced since.
int open_own_image();

}  // namespace orrery::app
