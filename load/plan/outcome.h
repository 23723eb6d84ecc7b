#pragma once

// What the end of a connection means: the server's decision, or something that should not happen. The words
// are those of results and thresholds ("closed_before_connack", "timed_out"). Pure.

#include <string>

#include "load/client/ending.h"

namespace iotemu::load {

struct Outcome {
  /// The server said no: TLS alert about the certificate, a close instead of CONNACK, CONNACK with a code
  /// (P3.6). Otherwise it is an error.
  bool refused{};
  std::string cause{};

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// `mqtt5`: how the code of a CONNACK is to be read.
[[nodiscard]] Outcome outcome_of(const Ending& ending, bool mqtt5 = false);

}  // namespace iotemu::load
