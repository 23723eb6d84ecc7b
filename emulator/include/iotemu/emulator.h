#pragma once

// A whole AWS IoT Core in this process: MQTT over TLS, the control plane over HTTP, certificates, policies.
// It is running when the constructor returns and gone when the destructor does. Every function may be called
// from any thread but one: `settle()`, `advance()`, `reset()` and `stop()` wait for work to end and therefore
// must not be called from a handler that is itself that work.

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "iotemu/events.h"
#include "iotemu/options.h"

namespace iotemu {

using Json = nlohmann::json;

class Device;
class Emulator;

/// Answer of one API operation.
struct ApiResult {
  bool ok{false};
  /// HTTP status that the operation would have had.
  int status{0};
  /// The response body; an empty object where AWS answers none. Of a failure: the error's body.
  Json body = Json::object();
  /// AWS error name ("ResourceNotFoundException"), empty on success.
  std::string error{};
  std::string message{};

  explicit operator bool() const noexcept { return ok; }
  /// A member of the body, for example `emu.api("CreateThing", …)["thingArn"]`. Null where there is none.
  const Json& operator[](std::string_view member) const;
};

/// One account in one region, where it is not the default.
struct RealmName {
  std::string account{};
  std::string region{};
};

enum class KeyKind { ec_p256, rsa_2048 };

/// What stands in a certificate. Times are relative to the emulator's clock at the moment of signing.
struct DeviceOptions {
  std::string common_name{};
  std::string serial_number{};
  std::string title{};
  std::string generation_qualifier{};
  std::string organization{};
  std::string organizational_unit{};
  std::string country{};
  std::string state{};
  KeyKind key{KeyKind::ec_p256};
  /// An existing key in place of a new one of kind `key`; RSA keys take a while to make.
  std::string private_key_pem{};
  Duration valid_from{-std::chrono::hours{24}};
  Duration valid_until{std::chrono::hours{24 * 365}};
};

struct CaOptions {
  std::string common_name{"Factory CA"};
  /// Status ACTIVE; else INACTIVE.
  bool active{true};
  /// autoRegistrationStatus ENABLE; else DISABLE.
  bool auto_registration{false};
  /// certificateMode SNI_ONLY; else DEFAULT.
  bool sni_only{false};
  /// The realm it is registered in; empty members mean the default realm.
  RealmName realm{};
  KeyKind key{KeyKind::ec_p256};
  /// An existing key in place of a new one of kind `key`.
  std::string private_key_pem{};
  Duration valid_from{-std::chrono::hours{24}};
  Duration valid_until{std::chrono::hours{24 * 3650}};
};

/// What a device holds: its certificate, its key, and the certificates above it (issuing CA first, root
/// last).
struct DeviceIdentity {
  /// SHA-256 of the certificate's DER, 64 lowercase hex digits.
  std::string certificate_id{};
  std::string certificate_pem{};
  std::string private_key_pem{};
  std::string chain_pem{};
};

/// A certificate authority of a test: known to an emulator if `register_ca` made it, to nobody if `make_ca`
/// did. A cheap value; copies are the same CA.
class CaFixture {
 public:
  /// The certificate id: SHA-256 of its DER, also its id in the registry.
  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] const std::string& certificate_pem() const;
  [[nodiscard]] const std::string& private_key_pem() const;

  /// A certificate for a new key, signed by this CA and registered nowhere.
  [[nodiscard]] DeviceIdentity sign_device(std::string_view common_name) const;
  [[nodiscard]] DeviceIdentity sign_device(const DeviceOptions& options) const;
  /// A CA below this one, registered nowhere.
  [[nodiscard]] CaFixture sign_ca(const CaOptions& options) const;
  /// This CA's certificate and key as if a device held them.
  [[nodiscard]] DeviceIdentity as_device() const;

 private:
  friend class Emulator;
  struct State;
  explicit CaFixture(std::shared_ptr<const State> state) : state_{std::move(state)} {}
  std::shared_ptr<const State> state_;
};

/// Messages that passed through the emulator since the recorder was made, in the order of their acceptance.
class Recorder {
 public:
  /// Settles the emulator first, so that nothing accepted is missing.
  [[nodiscard]] std::vector<ReceivedMessage> messages() const;
  /// The payloads of `messages()` parsed as JSON; a payload that is not JSON is null.
  [[nodiscard]] std::vector<Json> json() const;

 private:
  friend class Emulator;
  struct State;
  explicit Recorder(std::shared_ptr<State> state) : state_{std::move(state)} {}
  std::shared_ptr<State> state_;
};

class Emulator {
 public:
  using RegistrationHandler = std::function<void(const CertificateRegistered&)>;

  /// Starts. Throws std::runtime_error with one clear sentence if the options make no sense or a port is
  /// taken; nothing throws afterwards.
  explicit Emulator(const Options& options = {});
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;
  /// Stops.
  ~Emulator();

  /// "http://127.0.0.1:4566", with the port the API really has.
  [[nodiscard]] std::string api_endpoint() const;
  [[nodiscard]] std::uint16_t api_port() const;
  [[nodiscard]] std::uint16_t mqtt_port() const;
  /// Where devices publish over HTTPS with their certificates.
  [[nodiscard]] std::uint16_t https_port() const;
  /// The CA that signed the server's certificate: what clients trust.
  [[nodiscard]] const std::string& server_ca_pem() const;
  /// The bearer token that /_iot/* asks for when bound to a non-loopback address; else empty.
  [[nodiscard]] const std::string& admin_token() const;
  [[nodiscard]] const Options& options() const;

  /// Runs an operation as if it had come over HTTP: same validation, same answer.
  ApiResult api(std::string_view operation, const Json& input = Json::object());
  ApiResult api(std::string_view operation, const Json& input, const RealmName& realm);

  /// A CA that the registry knows, with a device certificate factory. Throws std::runtime_error if the
  /// registry refuses it.
  CaFixture register_ca(const CaOptions& options = {});
  /// Registers an existing CA (one below another, or one of `make_ca`); its key and names stay, `options`
  /// says status, auto-registration, mode and realm.
  CaFixture register_ca(const CaFixture& ca, const CaOptions& options = {});
  /// A CA that nobody knows.
  [[nodiscard]] CaFixture make_ca(const CaOptions& options = {}) const;

  /// Calls `handler` for every knock of a PENDING_ACTIVATION certificate, on a thread of the emulator's own,
  /// one call at a time. A handler may call `api()`. One that throws leaves the certificate
  /// PENDING_ACTIVATION and a note in `refusals()`.
  void on_certificate_registered(RegistrationHandler handler);
  /// The same for the certificates of one CA.
  void on_certificate_registered(const CaFixture& ca, RegistrationHandler handler);

  /// Plays a Lambda function (name or ARN), for example a pre-provisioning hook or what a topic rule invokes:
  /// gets the event, answers the result. Called like a registration handler; one that throws is a function
  /// error. Throws std::invalid_argument for a name that no function can have.
  void on_function(std::string_view name, std::function<Json(const Json&)> function);

  /// Publishes as the service itself: no policy is asked, `$` topics are allowed.
  void publish(std::string_view topic, std::string_view payload, int qos = 0);
  /// Records what passes through the default realm from now on and matches `filter` (exact topic, `+`, `#`).
  [[nodiscard]] Recorder record(std::string_view filter);

  /// Returns when no posted work and no handler is unfinished (bytes inside the kernel are not work). False
  /// if that takes more than a minute.
  bool settle();
  /// Moves the manual clock from due timer to due timer, firing each at its time and settling after each.
  /// False, and nothing moved, if the clock is the machine's.
  bool advance(Duration by);
  /// Everything is gone: registry, sessions, retained messages, refusals, actions; live connections are cut.
  /// The user's code is ended before: processes of functions and of commands are dead, webhooks are hung up
  /// on, calls that wait are dropped. A callback that runs cannot be killed: it is waited for, ten seconds at
  /// most, and what it does after those, and what a webhook's server does at any time, meets the new state.
  /// `keep_ca` keeps the CA certificates and the registration code.
  void reset(bool keep_ca = false);
  /// Closes listeners and sessions in order. Later calls do nothing; the destructor calls it.
  void stop();

  /// The last actions of rules, oldest first (bounded). Settles first, so that nothing asked for is missing
  /// but what waits for its time.
  [[nodiscard]] std::vector<ActionRecord> actions();
  /// The last refusals, oldest first (bounded).
  [[nodiscard]] std::vector<RefusalRecord> refusals() const;
  /// Why this client id or certificate id was last refused, or that it was not: readable text.
  [[nodiscard]] std::string explain(std::string_view client_or_certificate_id) const;
  [[nodiscard]] std::string explain(const Device& device) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotemu
