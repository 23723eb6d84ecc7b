#include "emulator/daemon/stop_signals.h"

#include <pthread.h>

#include <initializer_list>

namespace iotemu::daemon {

StopSignals::StopSignals() {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::wait() {
  int signal = 0;
  // sigwait fails for an invalid set only, and EINTR is not among its errors.
  sigwait(&set_, &signal);
  return signal;
}

int StopSignals::wait_for(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec wait{.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds{limit - seconds}.count()};
  const int signal = sigtimedwait(&set_, nullptr, &wait);
  return signal > 0 ? signal : 0;
}

}  // namespace iotemu::daemon
