#pragma once

// What a device asks for by fleet provisioning (P6.1–6.3), read from topic and payload, and what it is told
// when the answer is no (P6.4). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "base/result.h"
#include "emulator/topics/payload_format.h"
#include "registry/provisioning/template.h"

namespace iotemu::topics {

enum class FleetOperation { create_keys, create_from_csr, provision };

/// One of the three request topics; replies come in its format.
struct FleetTopic {
  FleetOperation operation{};
  PayloadFormat format{};
  std::string template_name{};  ///< As it stands in the topic; of `provision` alone.
};

/// Nothing for any other topic.
[[nodiscard]] std::optional<FleetTopic> parse_fleet_topic(std::string_view topic);

/// Why a request is rejected: a row of P6.4 each.
enum class Rejection {
  token_empty,
  token_invalid,
  payload_invalid,
  csr_invalid,
  template_missing,
  /// Disabled, or not a fleet template (our judgement).
  template_unusable,
  parameters_invalid,
  /// By the hook or by the role.
  denied,
  conflict,
  /// Too many requests wait (our judgement: the table has no row for it).
  throttled,
  internal,
};

struct RejectionShape {
  int status_code{500};
  std::string_view error_code{};
};
[[nodiscard]] RejectionShape shape_of(Rejection rejection);

/// A request that is rejected.
struct Rejected {
  Rejection rejection{Rejection::internal};
  std::string message{};  ///< For the device.
  std::string detail{};   ///< For the developer; empty: `message` says it all.
  std::string cure{};
};

/// `{statusCode, errorCode, errorMessage}`.
[[nodiscard]] Json rejection_payload(const Rejected& rejected);

/// A value or the rejection.
template <class T>
using Read = std::variant<T, Rejected>;

struct CreateRequest {
  std::string csr_pem{};  ///< Of `create_from_csr` alone.
};
/// Of `create_keys` an empty payload is fine too.
[[nodiscard]] Read<CreateRequest> read_create(const FleetTopic& topic, std::string_view payload);

struct ProvisionRequest {
  std::string token{};  ///< May be empty.
  registry::provisioning::Parameters parameters{};
};
[[nodiscard]] Read<ProvisionRequest> read_provision(const FleetTopic& topic, std::string_view payload);

}  // namespace iotemu::topics
