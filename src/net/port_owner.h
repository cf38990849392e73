// Who listens on a port: for the message about a port that is taken.
#pragma once

#include <cstdint>
#include <string>

namespace orrery::net {

// "process 4711 (nginx)", or "a process of user 33" when only root may know more, or "another
// process". Source: proc(5), /proc/net/tcp and /proc/PID/fd.
std::string describe_listener(std::uint16_t port);

}  // namespace orrery::net
