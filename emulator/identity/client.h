#pragma once

// The facts of one connecting client that verdicts and refusals speak of. A plain value, shared by the parts
// of the door.

#include <memory>
#include <string>
#include <utility>

#include "emulator/identity/certificate_facts.h"
#include "iotemu/events.h"
#include "mqtt/ports.h"
#include "registry/ids.h"

namespace iotemu::identity {

enum class Transport { mqtt, https };
/// What the client came for: each service has its domain configurations (D-1).
enum class Service { data, credential_provider };

struct Client {
  std::string client_id{};  ///< Empty over HTTPS, which has none (T-17).
  registry::CertificateId certificate_id{};
  std::shared_ptr<const CertificateFacts> certificate{};
  std::string server_name{};
  std::string address{};
  /// "address:port"; an IPv6 address stands in brackets.
  std::string peer{};
  bool persistent{false};
  /// Empty without a will.
  std::string will_topic{};
  Transport transport{Transport::mqtt};
  Service service{Service::data};
};

[[nodiscard]] inline std::string peer_text(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != address.npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

/// What the door says to a client that it turns away: `cause` and `cure` of the record.
struct Turned {
  Refusal refusal{};
  std::string cause{};
  std::string cure{};
};

/// A record that names the client; cause and cure are the caller's.
[[nodiscard]] inline RefusalRecord refusal_of(const Client& client, Refusal refusal) {
  return {.refusal = refusal,
          .client_id = client.client_id,
          .certificate_id = client.certificate_id.hex(),
          .subject = client.certificate ? client.certificate->subject : std::string{},
          .peer = client.peer};
}
[[nodiscard]] inline RefusalRecord refusal_of(const Client& client, Turned turned) {
  RefusalRecord record = refusal_of(client, turned.refusal);
  record.cause = std::move(turned.cause);
  record.cure = std::move(turned.cure);
  return record;
}

}  // namespace iotemu::identity
