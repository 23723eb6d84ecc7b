#pragma once

// GoogleMock matchers for Device outcomes and API answers. Header-only; needs GoogleTest in the including
// project, the library itself does not.

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "iotemu/device.h"
#include "iotemu/emulator.h"

namespace iotemu {

inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.text;
}
inline void PrintTo(Refusal refusal, std::ostream* out) {
  *out << to_string(refusal);
}
inline void PrintTo(const ApiResult& result, std::ostream* out) {
  *out << result.status << ' ' << result.error << ' ' << result.body.dump();
}
inline void PrintTo(const ReceivedMessage& message, std::ostream* out) {
  *out << message.topic << " (QoS " << message.qos << (message.retain ? ", retained) " : ") ")
       << message.payload;
}

/// The emulator accepted the connection, the message or the subscription.
MATCHER(Accepted, negation ? "is refused" : "is accepted") {
  return arg.accepted;
}

/// The emulator refused for exactly this reason.
MATCHER_P(RefusedBecause, refusal,
          std::string(negation ? "is not" : "is") + " refused because of " +
              std::string(to_string(refusal))) {
  return !arg.accepted && arg.because == refusal;
}

/// The operation succeeded.
MATCHER(IsOk, negation ? "fails" : "succeeds") {
  return arg.ok;
}

/// The operation failed with this AWS error name.
MATCHER_P(FailsWith, error,
          std::string(negation ? "does not fail" : "fails") + " with " + std::string(error)) {
  return !arg.ok && arg.error == error;
}

}  // namespace iotemu
