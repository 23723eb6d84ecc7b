#pragma once

// What the end of a connection means: the server's decision, or something that should not happen. The words
// are those of results and thresholds ("closed_before_connack", "timed_out"). Pure.

#include <set>
#include <string>
#include <string_view>

#include "load/client/ending.h"

namespace iotemu::load {

struct Outcome {
  /// The server said no: TLS alert about the certificate, a close instead of CONNACK, CONNACK with a code
  /// (P3.6). Otherwise it is an error.
  bool refused{};
  std::string cause{};

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Errors that end no connection, or are found otherwise.
inline constexpr std::string_view kSubscribeRefused{"subscribe_refused"};
inline constexpr std::string_view kPublishRefused{"publish_refused"};
inline constexpr std::string_view kUnexpectedPuback{"unexpected_puback"};
inline constexpr std::string_view kUnacknowledged{"unacknowledged"};
inline constexpr std::string_view kReconnectGivenUp{"reconnect_given_up"};
inline constexpr std::string_view kMalformedAnswer{"malformed_answer"};

/// Every cause that a load counts, among refusals or errors. Those that are a family's number
/// ("system_error_5") are all there.
struct CauseNames {
  std::set<std::string, std::less<>> refusals{};
  std::set<std::string, std::less<>> errors{};
};
[[nodiscard]] CauseNames cause_names();

/// `mqtt5`: how the code of a CONNACK is to be read.
[[nodiscard]] Outcome outcome_of(const Ending& ending, bool mqtt5 = false);

}  // namespace iotemu::load
