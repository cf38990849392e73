#include "async/thread.h"

#include <pthread.h>
#include <signal.h>

namespace orrery::async {

namespace {

class Deaf {
 public:
  Deaf() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  Deaf(const Deaf&) = delete;
  Deaf& operator=(const Deaf&) = delete;
  ~Deaf() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

// The mask is inherited, so there is no instant in which the new thread could be chosen.
std::jthread named_thread(const std::string& name,
                          std::function<void(const std::stop_token&)> run) {
  const Deaf deaf;
  std::jthread thread{std::move(run)};
  pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
  return thread;
}

}  // namespace orrery::async
