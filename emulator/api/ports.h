#pragma once

// What the API needs from the composition: the state of each realm, and what the system paths show and do,
// and who else is asked on the same port. They are called on the HTTP thread, on the blocking pool and on the
// threads of in-process callers.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/api/sigv4.h"
#include "emulator/bulk/registration_tasks.h"
#include "emulator/http/message.h"
#include "emulator/http/server.h"

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
  /// The same without making it; null: nobody has used this realm.
  [[nodiscard]] virtual registry::Registry* find_registry(const Realm& realm) = 0;
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
  /// What became of the actions of rules: `{"actions": [newest, …], "dropped": n}`, at most `limit`; an empty
  /// text filters nothing.
  [[nodiscard]] virtual Json actions(std::string_view rule, std::string_view action,
                                     std::size_t limit) const = 0;
  /// What Lambda functions wrote, oldest first, as a JSON array; of one by its name or ARN, or of all.
  [[nodiscard]] virtual Json function_logs(std::string_view function) const = 0;
  /// A report of a bulk registration that has ended, of any realm; Errc::not_found, with a wrong key too.
  [[nodiscard]] virtual Result<std::string> registration_report(const std::string& task_id,
                                                                bulk::ReportType type,
                                                                std::string_view key) const = 0;
  /// Where this machine reaches the API: `http://host:port`.
  [[nodiscard]] virtual std::string api_endpoint() const = 0;
  /// A UUID, for a call that no HTTP request brought.
  [[nodiscard]] virtual std::string new_id() = 0;
  /// Ends the user's code, forgets all state of all realms and cuts the sessions; with `keep_ca`, CA
  /// certificates and registration codes stay. Returns at once; `done` is called when all is gone, once, on
  /// any thread.
  virtual void reset(bool keep_ca, std::function<void(Status)> done) = 0;
};

/// Longest body of a request that is answered here; what is passed on to other servers may be longer (P10.6).
inline constexpr std::size_t kMaxBody = 1024 * 1024;

/// Who asks, and in which realm.
struct Signatory {
  std::optional<CredentialScope> scope{};  ///< Nothing: the request is not signed.
  Realm realm{};
  /// As GetCallerIdentity gives it; empty: the account's root user, or nobody where it is not signed.
  std::string user_id{};
  bool expired{false};  ///< Its temporary credentials are of no use any more.
};

/// The AWS services beside IoT on the same port (P10.1).
class OtherServices {
 public:
  virtual ~OtherServices() = default;
  /// Takes `request` and owes its answer if it is for one of them, else leaves it untouched.
  virtual bool take(http::Request& request, const Signatory& signatory, const http::Responder& respond) = 0;
  /// Temporary credentials that STS handed out name their account and their user id, and may have expired;
  /// others are nobody's.
  virtual void identify(Signatory& signatory) const = 0;
  /// Whether `take` would find somebody who answers for the service (a signing name).
  [[nodiscard]] virtual bool plays(std::string_view /*service*/) const { return false; }
};

}  // namespace iotemu::api
