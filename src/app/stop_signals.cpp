#include "app/stop_signals.h"

#include <initializer_list>

#include <pthread.h>
#include <signal.h>

namespace orrery::app {

void hear_stop_signals(Hear hear) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) sigaddset(&signals, number);
  pthread_sigmask(hear == Hear::yes ? SIG_UNBLOCK : SIG_BLOCK, &signals, nullptr);
}

}  // namespace orrery::app
