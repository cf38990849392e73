// A thread with a name that hears no signals: those are the main thread's (see hear_stop_signals).
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace orrery::async {

// Joined, after a stop request, when the returned handle dies. The name is cut to 15 bytes.
// Throws std::system_error when the system gives no more threads.
std::jthread named_thread(const std::string& name, std::function<void(const std::stop_token&)> run);

}  // namespace orrery::async
