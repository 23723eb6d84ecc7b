#pragma once

// What an Emulator is started with. Plain values with the defaults of AWS IoT Core where AWS has one; nothing
// is read from the environment here. The daemon fills this from flags, environment variables and its
// configuration file.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iotemu {

using Duration = std::chrono::milliseconds;

/// real: the machine's clock drives keep-alive, expiry and timers. manual: time stands still until
/// Emulator::advance() moves it.
enum class ClockMode { real, manual };

/// Where the public service's behaviour is a judgement, a switch names it (P appendix B.1, M section 0).
struct Switches {
  /// P3.6. close_after_connect: every certificate refusal happens after the CONNECT packet, by a bare close.
  /// handshake_alert: certificates that would be refused without registering anything are refused inside the
  /// TLS handshake.
  enum class RefusalMode { close_after_connect, handshake_alert };
  /// P3.6, M3-8. What a 3.1.1 client that a policy refuses at CONNECT sees before the close.
  enum class ConnackOnDenied { none, code5, code7 };
  /// P7.8, M3-30. A denied filter closes the connection, or is answered 0x80 and the connection lives.
  enum class SubscribeRefusal { close, suback80 };
  /// P7.8, M3-39. A denied PUBLISH closes the connection, or is dropped and acknowledged.
  enum class DeniedPublish { close, drop_ack };
  /// M3-20. A QoS 2 PUBLISH or SUBSCRIBE closes the connection, or is left without any answer.
  enum class Qos2 { close, silent };
  /// P5.3. A declared parameter that AWS defines and the certificate cannot supply fails the provisioning
  /// always (documented), or only if it is referenced.
  enum class JitpMissingParameter { documented, on_ref };

  RefusalMode refusal_mode{RefusalMode::close_after_connect};
  ConnackOnDenied connack_on_denied{ConnackOnDenied::none};
  SubscribeRefusal v3_subscribe_refusal{SubscribeRefusal::close};
  DeniedPublish denied_publish{DeniedPublish::close};
  Qos2 qos2{Qos2::close};
  /// M section 0. The per-second rates: CONNECT by client id (M3-12), publishes and bytes by connection
  /// (M3-41), queueing (M3-46), retained messages (M3-56); of the account: connects, registrations of device
  /// certificates, requests of each API operation, fleet provisioning (M section 10, P10.8).
  bool throttle{false};
  /// M3-4. A packet sent before CONNACK closes the connection.
  bool strict_connack{false};
  /// P3.2, T-11. A client that sends no server name is refused.
  bool require_sni{false};
  /// P3.5 row 8. A pending certificate knocks with an event although its CA is inactive, closed or deleted.
  bool event_on_pending_with_inactive_ca{true};
  /// P3.7. How many extra copies of each registration event are published.
  int event_duplicates{0};
  /// P3.5 row 15. An ACTIVE certificate past its notAfter may connect.
  bool accept_expired_leaf{false};
  /// P2.7. REVOKED cannot be left.
  bool revoked_is_final{true};
  /// P8.1. DeleteThing on a missing thing answers 404 in place of 200.
  bool delete_missing_thing_fails{false};
  /// P8.7. The old endpoint types iot:Data and iot:Jobs are answered; else InvalidRequestException.
  bool describe_endpoint_legacy{true};
  /// P5.1. JITP is done before the first connection is closed; with a delay, that long after it.
  std::optional<Duration> jitp_delay{};
  JitpMissingParameter jitp_missing_parameter{JitpMissingParameter::documented};
  /// P5.3. The parameter SerialNumber is the certificate's own serial number where the subject has none.
  bool jitp_serial_fallback{true};
  /// RU-30. The owner of an HTTP destination must confirm it before rules may send there; else destinations
  /// are ENABLED at once.
  bool http_action_confirmation{true};
  /// P8.2. How long a thing type must have been deprecated before it can be deleted.
  Duration thing_type_delete_grace{std::chrono::minutes{5}};
  /// P4.2. A rule's action reaches a function that was created through the API only if the function's
  /// resource policy lets iot.amazonaws.com invoke it for that rule.
  bool enforce_lambda_permission{true};
};

/// Sizes and rates of M section 10.
struct Limits {
  /// Handshake and CONNECT together (P3.5).
  Duration connect_wait{std::chrono::seconds{10}};
  std::size_t client_id_bytes{128};
  /// A whole MQTT packet, judged before its body is read.
  std::size_t packet_bytes{149'504};
  std::size_t payload_bytes{128 * 1024};
  std::size_t topic_bytes{256};
  std::size_t topic_slashes{7};
  std::size_t filters_per_subscribe{8};
  std::size_t subscriptions_per_connection{50};
  /// Unacknowledged QoS 1 messages towards one client (M3-24).
  std::size_t in_flight{100};
  Duration min_keep_alive{std::chrono::seconds{30}};
  Duration max_keep_alive{std::chrono::seconds{1200}};
  /// Persistent session without a connection (M3-47).
  Duration session_expiry{std::chrono::seconds{3600}};
  /// Stored messages a second after a resume, 0 = unlimited (M3-48).
  std::size_t drain_rate{10};
  /// Waiting QoS 1 messages of one session; new ones are dropped when it is full (M3-46).
  std::size_t queued_messages{10'000};
  std::size_t retained_messages{500'000};
  /// A QoS 1 delivery that stays without PUBACK is sent again this often (0 = only after a reconnect), for
  /// this long (M3-25).
  Duration retry_interval{std::chrono::seconds{30}};
  Duration retry_duration{std::chrono::hours{1}};
  /// Of one connection, with the switch `throttle` (M3-41).
  std::size_t publishes_per_second{100};
  std::size_t bytes_per_second{512 * 1024};
  /// Of an account in a region, with the switch `throttle` (M section 10, P10.8): accepted certificates'
  /// CONNECTs; device certificates registered at their first connect; calls of one operation of the API
  /// (those whose rate is not 10 in AWS keep their proportion); requests of fleet provisioning.
  std::size_t connects_per_second{3'000};
  std::size_t registrations_per_second{15};
  std::size_t api_requests_per_second{10};
  std::size_t provisioning_requests_per_second{10};
  /// What a pre-provisioning hook may take, in real time (P5.11).
  Duration provisioning_hook_timeout{std::chrono::seconds{5}};
};

/// How Lambda functions run here: in processes of this machine, by its node and its python3.
struct LambdaOptions {
  /// What keeps a function's processes from the rest of the machine (Landlock, seccomp, no privileges).
  /// automatic: whatever layers this machine has; the network is open. strict: all of them, TCP to the
  /// emulator and to `connect_ports` only; without one of the layers the emulator does not start. off: time,
  /// memory and process limits only.
  enum class Sandbox { automatic, strict, off };

  Sandbox sandbox{Sandbox::automatic};
  std::vector<std::uint16_t> connect_ports{};
  /// Programs; empty: the first of that name in `path`.
  std::string node{};
  std::string python{};
  /// Folders as in PATH, looked through before the usual ones.
  std::string path{};
  /// Functions may be created from these folders of this machine and what is below them, in place of a zip
  /// (S3Bucket=local-folder,S3Key=/path): whoever may call Lambda makes the emulator run what lies there.
  std::vector<std::string> folders{};
  /// DIR/node_modules and DIR/python serve what a function's code does not carry (aws-sdk, boto3). Empty:
  /// none.
  std::string modules{};
  /// Further such folders, as in NODE_PATH and PYTHONPATH.
  std::string node_path{};
  std::string python_path{};
  /// Holds the functions' scratch folders; wiped at the end.
  std::string temporary_folder{"/tmp"};
  /// At a time, idle ones included; 0: two a core and six. Events beyond that wait for their turn.
  std::size_t processes{0};
  /// Of the whole account; events beyond that are throttled.
  std::size_t concurrency{1'000};
  /// How long a process without an event is kept warm, in real time.
  Duration idle_time{std::chrono::minutes{5}};
};

struct Options {
  /// Address all listeners bind. Anything but a loopback address makes /_iot/* ask for the admin token, but
  /// for /_iot/health and the reports of bulk registrations, whose links carry their own key.
  std::string host{"127.0.0.1"};
  /// 0 = ephemeral; ask the Emulator for the port it got.
  std::uint16_t api_port{4566};
  std::uint16_t mqtt_port{8883};
  /// HTTPS of devices: publish and what else the data plane offers, by client certificate.
  std::uint16_t https_port{8443};

  /// Holds the server's CA, certificates and keys (0700/0600). Empty: they live in memory and die with the
  /// process.
  std::string data_dir{};
  /// The host that DescribeEndpoint answers and the server certificate names.
  std::string endpoint_host{"localhost"};
  /// Further names in the server certificate and accepted as Host of the API.
  std::vector<std::string> hostnames{};
  std::string account{"123456789012"};
  std::string region{"us-east-1"};

  /// MQTT worker threads; 0 = one per core.
  std::size_t workers{0};
  ClockMode clock{ClockMode::real};
  /// false: identifiers come from the operating system. true: from a generator seeded with `seed`, the same
  /// ids every run. Never used for keys.
  bool seeded{false};
  std::uint64_t seed{1};
  /// Offers an RSA-2048 server certificate beside the P-256 one. Making the key takes a quarter of a second,
  /// so it is made behind the start; a data_dir keeps it.
  bool rsa_server_certificate{true};

  /// POSTs every registration event to this http:// URL. Empty = off.
  std::string jitr_webhook{};
  Duration jitr_webhook_timeout{std::chrono::seconds{5}};
  /// Runs `/bin/sh -c` with the registration event on stdin. Empty = off.
  std::string jitr_command{};
  Duration jitr_command_timeout{std::chrono::seconds{30}};
  /// Further variables of every command's environment, for example PATH and HOME of the person who started
  /// the daemon.
  std::vector<std::pair<std::string, std::string>> jitr_command_environment{};
  /// Who plays a Lambda function, by its name or ARN (whose partition, region and account do not matter):
  /// "http://host:port/path" is POSTed the event and answers with the function's result, "exec:COMMAND" runs
  /// `/bin/sh -c COMMAND` with the event on stdin and the result on stdout.
  std::map<std::string, std::string> functions{};

  /// Input of bulk registrations: a bucket is a sub-folder of this one, a key a path in there. Empty = off.
  std::string bulk_input_folder{};
  /// Objects of S3 that rules read, as file descriptor sets of decode(…, 'proto', …): a bucket is a
  /// sub-folder of this one, a key a path in there. Empty = off.
  std::string bucket_folder{};
  /// AWS services that someone else plays, by signing name: "http[s]://[KEY:SECRET@]host[:port][/path]".
  /// Their requests are passed on unchanged, and actions of rules are sent there, signed with KEY, else with
  /// the account's number and "test". s3 is also asked for files that are not in `bulk_input_folder` and
  /// `bucket_folder`; secretsmanager and machinelearning answer get_secret and machinelearning_predict of
  /// SQL.
  std::map<std::string, std::string> upstreams{};

  /// Appends what becomes of every action of a rule to this file, a line of JSON each: ActionRecord. "-" is
  /// stdout. Empty = off; `Emulator::actions()` has the last ones in any case.
  std::string record_actions{};

  /// Further Host names the API answers to, and origins whose pages may call it.
  std::vector<std::string> allow_hosts{};
  std::vector<std::string> allow_origins{};
  /// Lets /_iot/* be used without the token when bound to a non-loopback address.
  bool insecure_admin{false};

  LambdaOptions lambda{};
  Switches switches{};
  Limits limits{};

  /// Ephemeral ports, one worker, manual clock, seeded ids, P-256 server certificate only: starts in
  /// milliseconds and behaves the same in every run. A worker count in the second parameter serves tests that
  /// want races.
  [[nodiscard]] static Options for_tests(std::size_t workers = 1);
};

}  // namespace iotemu
