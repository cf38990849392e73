#include "app/stop_signals.h"

#include <initializer_list>

#include <pthread.h>
#include <signal.h>

#include "async/thread.h"

namespace orrery::app {

void hear_stop_signals(Hear hear) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) sigaddset(&signals, number);
  pthread_sigmask(hear == Hear::yes ? SIG_UNBLOCK : SIG_BLOCK, &signals, nullptr);
}

namespace {

constexpr int wake = SIGUSR2;  // of the listener, to its end

sigset_t asked_to_stop() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  return signals;
}

}  // namespace

SignalledStop::SignalledStop()
    : listener_{async::named_thread("signals", [this](const std::stop_token&) { listen(); })} {}

SignalledStop::~SignalledStop() { pthread_kill(listener_.native_handle(), wake); }

void SignalledStop::listen() {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, wake);
  auto any = asked_to_stop();
  sigaddset(&any, wake);
  int heard = 0;
  sigwait(&any, &heard);
  if (heard == wake) return;
  signal_ = heard;
  source_.request_stop(async::StopReason::shutdown);
  const auto again = asked_to_stop();  // ends the process
  pthread_sigmask(SIG_UNBLOCK, &again, nullptr);
  sigwait(&end, &heard);
}

void SignalledStop::end_if_asked() const {
  if (signal_ == 0) return;
  hear_stop_signals(Hear::yes);
  ::raise(signal_);
}

}  // namespace orrery::app
