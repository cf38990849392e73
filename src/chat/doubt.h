// What is kept elsewhere and held in memory may differ after an error: the connection may have
// broken while the answer was on its way.
#pragma once

#include "core/error.h"

namespace orrery::chat {

// Whether, after this error, nobody can say if the change was kept.
inline bool leaves_doubt(ErrorKind kind) {
  return kind != ErrorKind::invalid && kind != ErrorKind::conflict && kind != ErrorKind::limited &&
         kind != ErrorKind::denied;
}

}  // namespace orrery::chat
