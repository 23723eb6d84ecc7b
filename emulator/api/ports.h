#pragma once

// What the API needs from the composition: the state of each realm, and what the system paths show and do.
// Both are called on the HTTP thread, on the blocking pool and on the threads of in-process callers.

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/bulk/registration_tasks.h"

namespace iotemu::registry {
class Registry;
}

namespace iotemu::api {

class MessageSpace;

class Realms {
 public:
  virtual ~Realms() = default;
  /// The realm's registry, made on first use; it lives as long as the port. Errc::limit_exceeded when a
  /// client invents more realms than the emulator keeps.
  virtual Result<registry::Registry*> registry(const Realm& realm) = 0;
  /// The same for its message space.
  virtual Result<MessageSpace*> messages(const Realm& realm) = 0;
};

class System {
 public:
  virtual ~System() = default;
  /// What `/_iot/health` answers besides `"status":"running"`; no secret.
  [[nodiscard]] virtual Json health() const = 0;
  /// The certificate that clients trust, PEM.
  [[nodiscard]] virtual std::string server_ca_pem() const = 0;
  /// The refused connections, newest first, as a JSON array.
  [[nodiscard]] virtual Json refusals() const = 0;
  /// A report of a bulk registration that has ended, of any realm; Errc::not_found, with a wrong key too.
  [[nodiscard]] virtual Result<std::string> registration_report(const std::string& task_id,
                                                                bulk::ReportType type,
                                                                std::string_view key) const = 0;
  /// Where this machine reaches the API: `http://host:port`.
  [[nodiscard]] virtual std::string api_endpoint() const = 0;
  /// A UUID, for a call that no HTTP request brought.
  [[nodiscard]] virtual std::string new_id() = 0;
  /// Forgets all state of all realms and cuts the sessions; with `keep_ca`, CA certificates and registration
  /// codes stay.
  virtual Status reset(bool keep_ca) = 0;
};

}  // namespace iotemu::api
