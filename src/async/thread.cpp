#include "async/thread.h"

#include <pthread.h>
#include <signal.h>

namespace orrery::async {

// The mask is inherited, so there is no instant in which the new thread could be chosen.
std::jthread named_thread(const std::string& name,
                          std::function<void(const std::stop_token&)> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::jthread thread{std::move(run)};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
  return thread;
}

}  // namespace orrery::async
