#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/seeded_random.h"
#include "emulator/impl.h"
#include "emulator/invoke/callback.h"
#include "emulator/invoke/command.h"
#include "emulator/invoke/measured_invoker.h"
#include "emulator/invoke/webhook.h"
#include "emulator/sinks/lambda.h"
#include "emulator/sinks/republish.h"
#include "emulator/topics/registration.h"

// The composition root: the one file where ports meet adaptors.

namespace iotemu {
namespace {

[[noreturn]] void fail(const std::string& sentence) {
  throw std::runtime_error{sentence};
}

template <class T>
T value_or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

Options checked(const Options& options) {
  const bool account = options.account.size() == 12 &&
                       std::ranges::all_of(options.account, [](char c) { return c >= '0' && c <= '9'; });
  if (!account) fail("account '" + options.account + "' is not a 12-digit number");
  if (options.region.empty()) fail("the region is empty");
  if (options.endpoint_host.empty()) fail("the endpoint host is empty");
  if (options.switches.event_duplicates < 0) fail("event_duplicates is negative");
  return options;
}

mqtt::SubscribeRefusal broker_switch(Switches::SubscribeRefusal value) {
  return value == Switches::SubscribeRefusal::close ? mqtt::SubscribeRefusal::close
                                                    : mqtt::SubscribeRefusal::suback80;
}
mqtt::DeniedPublish broker_switch(Switches::DeniedPublish value) {
  return value == Switches::DeniedPublish::close ? mqtt::DeniedPublish::close : mqtt::DeniedPublish::drop_ack;
}
mqtt::QoS2 broker_switch(Switches::Qos2 value) {
  return value == Switches::Qos2::close ? mqtt::QoS2::close : mqtt::QoS2::ignore;
}

mqtt::ServerOptions server_options(const Options& options) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const Limits& limits = options.limits;
  mqtt::ServerOptions result;
  mqtt::BrokerOptions& broker = result.broker;
  broker.v3_subscribe_refusal = broker_switch(options.switches.v3_subscribe_refusal);
  broker.denied_publish = broker_switch(options.switches.denied_publish);
  broker.qos2 = broker_switch(options.switches.qos2);
  broker.throttle = options.switches.throttle;
  broker.strict_connack = options.switches.strict_connack;
  broker.max_packet = limits.packet_bytes;
  broker.max_payload = limits.payload_bytes;
  broker.max_client_id = limits.client_id_bytes;
  broker.topics = {.max_bytes = limits.topic_bytes,
                   .max_slashes = limits.topic_slashes,
                   .exempt_prefix = "$aws/rules/",
                   .exempt_levels = 3};
  broker.max_filters_per_packet = limits.filters_per_subscribe;
  broker.max_subscriptions = limits.subscriptions_per_connection;
  broker.outbound_window = limits.in_flight;
  broker.max_queued = limits.queued_messages;
  broker.max_retained = limits.retained_messages;
  broker.min_keep_alive = duration_cast<seconds>(limits.min_keep_alive);
  broker.max_keep_alive = duration_cast<seconds>(limits.max_keep_alive);
  broker.session_expiry = limits.session_expiry;
  broker.retry_interval = limits.retry_interval;
  broker.retry_for = limits.retry_duration;
  broker.publishes_per_second = limits.publishes_per_second;
  broker.bytes_per_second = limits.bytes_per_second;
  broker.drain_rate = static_cast<std::uint32_t>(limits.drain_rate);
  result.workers = options.workers;
  result.connect_wait = limits.connect_wait;
  result.ask_in_handshake = options.switches.refusal_mode == Switches::RefusalMode::handshake_alert;
  result.manual_time = options.clock == ClockMode::manual;
  return result;
}

quotas::RateLimits rate_limits(const Limits& limits) {
  return {.connects = limits.connects_per_second,
          .registrations = limits.registrations_per_second,
          .api_requests = limits.api_requests_per_second,
          .provisioning_requests = limits.provisioning_requests_per_second};
}

/// The names by which clients may call the endpoint.
std::vector<std::string> endpoint_names(const Options& options) {
  std::vector<std::string> names = options.hostnames;
  names.push_back(options.endpoint_host);
  return names;
}

registry::RegistryOptions registry_options(const Options& options) {
  const Switches& switches = options.switches;
  registry::RegistryOptions result;
  result.endpoint_names = endpoint_names(options);
  result.revoked_is_final = switches.revoked_is_final;
  result.delete_missing_thing_succeeds = !switches.delete_missing_thing_fails;
  result.thing_type_delete_grace = switches.thing_type_delete_grace;
  using registry::provisioning::MissingParameter;
  result.jitp_missing_parameter =
      switches.jitp_missing_parameter == Switches::JitpMissingParameter::documented
          ? MissingParameter::fails_when_declared
          : MissingParameter::fails_when_referenced;
  result.jitp_serial_fallback = switches.jitp_serial_fallback;
  result.confirm_destinations = switches.http_action_confirmation;
  // One for all realms: its key is expensive, and made on first use.
  result.service_ca = std::make_shared<registry::ServiceCa>();
  return result;
}

bulk::InputOptions input_options(const Options& options, const http::UpstreamsByName& upstreams) {
  const auto s3 = upstreams.find("s3");
  return {.folder = options.bulk_input_folder,
          .s3 = s3 == upstreams.end() ? std::nullopt : std::optional{s3->second}};
}

runtime::Walls walls(LambdaOptions::Sandbox sandbox) {
  switch (sandbox) {
    case LambdaOptions::Sandbox::automatic:
      return runtime::Walls::automatic;
    case LambdaOptions::Sandbox::strict:
      return runtime::Walls::strict;
    case LambdaOptions::Sandbox::off:
      return runtime::Walls::off;
  }
  return runtime::Walls::strict;
}

runtime::PoolOptions pool_options(const LambdaOptions& options) {
  return {.programs = {.node = options.node,
                       .python = options.python,
                       .path = options.path,
                       .modules = options.modules,
                       .node_path = options.node_path,
                       .python_path = options.python_path},
          .walls = walls(options.sandbox),
          .connect_ports = options.connect_ports,
          .temporary_folder = options.temporary_folder,
          .processes = options.processes,
          .concurrency = options.concurrency,
          .idle_time = options.idle_time};
}

neighbours::lambda::CodePlaces code_places(const LambdaOptions& options) {
  std::error_code failed;
  for (const auto& folder : options.folders) {
    if (!std::filesystem::is_directory(folder, failed))
      fail("--lambda-folder: '" + folder + "' is no folder that can be read");
  }
  return {.root = options.temporary_folder, .folders = {options.folders.begin(), options.folders.end()}};
}

/// The names and addresses by which clients know us: they stand in the server certificate and pass as Host.
std::vector<std::string> own_names(const Options& options) {
  std::vector<std::string> names = endpoint_names(options);
  const bool every_address = options.host == "0.0.0.0" || options.host == "::";
  if (!every_address) names.push_back(options.host);
  return names;
}

tls::Material material(const identity::ServerCredential& ecdsa, const identity::ServerCredential* rsa) {
  tls::Material result{.ecdsa = {.chain_pem = ecdsa.chain_pem, .key_pem = ecdsa.key_pem}};
  if (rsa != nullptr) result.rsa = {.chain_pem = rsa->chain_pem, .key_pem = rsa->key_pem};
  return result;
}

}  // namespace

Emulator::Impl::Impl(const Options& given)
    : options{checked(given)},
      manual_clock{options.clock == ClockMode::manual ? std::make_shared<ManualClock>() : nullptr},
      clock{manual_clock ? manual_clock : std::shared_ptr<Clock>{std::make_shared<SystemClock>()}},
      random{options.seeded ? std::unique_ptr<Random>{std::make_unique<SeededRandom>(options.seed)}
                            : std::make_unique<SystemRandom>()},
      rates{options.switches.throttle, rate_limits(options.limits), *clock},
      refused{*clock} {
  open_identity();
  open_function_runtime();
  events = std::make_unique<ThreadExecutor>(work, "iotemu-events", 1);
  callbacks = std::make_unique<ThreadExecutor>(work, "iotemu-handlers", 1);
  blocking = std::make_unique<ThreadExecutor>(work, "iotemu-blocking", 2);
  // A fleet that asks for keys keeps no API call waiting.
  fleet_keys = std::make_unique<ThreadExecutor>(work, "iotemu-fleet", 1);
  rule_work = std::make_unique<rule_engine::RuleWork>(work);
  timers = std::make_unique<Timers>(*clock, *events, manual_clock != nullptr);
  real_timers = std::make_unique<Timers>(system_clock, *events, false);
  realms = std::make_unique<identity::Realms>(identity::RealmSurroundings{
      .default_realm = default_realm(),
      .clock = *clock,
      .random = *random,
      .refusals = refused,
      .events = *events,
      .registry = registry_options(options),
      .session_expiry = options.limits.session_expiry,
      .timers = *timers,
      .fleet = {.keys = *fleet_keys,
                .steps = *events,
                .functions = functions,
                .refusals = refused,
                .load = fleet_load,
                .rates = rates,
                .counts = registration_counts,
                .real_clock = system_clock,
                .real_timers = *real_timers,
                .hook_time_limit = options.limits.provisioning_hook_timeout},
      .rules = {.clock = *clock,
                .random = *random,
                .work = *rule_work,
                .sinks = action_sinks,
                .make_functions =
                    [this](const Realm& realm) {
                      return std::make_unique<rule_engine::RealmFunctions>(realm, function_ports);
                    },
                .hide = [this](std::string text) { return without_secrets(std::move(text)); }},
      .confirm_destination =
          [this](const registry::DestinationConfirmationDue& due) { outlets->confirm(due); },
      .make_broker = [this](mqtt::BrokerObserver* observer) -> mqtt::Broker& {
        return mqtt_server->make_broker(observer);
      }});
  door = std::make_unique<identity::CertificateAuthenticator>(
      identity::DoorOptions{.switches = options.switches, .endpoint_names = endpoint_names(options)}, *realms,
      refused, *clock, *timers, functions, rates, registration_counts,
      identity::OnKnock{
          .announce = [this](identity::RealmHome& home,
                             const CertificateRegistered& event) { announce(home, event); },
          .call_handlers = [this](const CertificateRegistered& event) { call_handlers(event); }});
  mqtt_server = std::make_unique<mqtt::Server>(server_options(options), *door, *clock, *random, work);
  open_rules();
  try {
    realms->open();
    open_resets();
    open_api();
    open_handlers();
    open_mqtt();
    open_https();
    http_server->accept();  // who asks finds every port open
    log::info("what Lambda functions are kept behind", {{"sandbox", to_text(function_runtime->sandbox())}});
  } catch (...) {
    end();
    throw;
  }
}

std::string Emulator::Impl::api_endpoint() const {
  std::string host = options.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != host.npos) host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(api_port);
}

Emulator::Impl::~Impl() {
  end();
}

void Emulator::Impl::end() {
  stop();
  // What is queued may still touch the realms: run it now.
  callbacks.reset();
  blocking.reset();
  rule_work->end();
  action_sinks.clear();
  fleet_keys.reset();
  tasks.reset();
  events.reset();
}

void Emulator::Impl::open_identity() {
  const identity::ServerIdentityOptions wanted{.directory = options.data_dir, .hosts = own_names(options)};
  // Foreign clients judge these certificates by the machine's clock, whatever ours says.
  server_identity = value_or_fail(identity::ServerIdentity::open(wanted, system_clock));
}

void Emulator::Impl::open_function_runtime() {
  auto wanted = pool_options(options.lambda);
  value_or_fail(runtime::Pool::check(wanted.walls));
  wanted.endpoint_url = [this] { return api_endpoint(); };
  function_runtime = std::make_unique<runtime::Pool>(std::move(wanted), work);
  measured_runtime = std::make_unique<runtime::MeasuredRuntime>(
      *function_runtime, handler_measures.of(metrics::HandlerKind::lambda), system_clock);
}

void Emulator::Impl::open_api() {
  const auto upstreams = value_or_fail(http::read_upstreams(options.upstreams));
  tasks = std::make_unique<bulk::RegistrationTasks>(
      bulk::open_input_files(input_options(options, upstreams), system_clock), *clock, *random, system_random,
      work);
  if (!http::is_loopback_host(options.host) && !options.insecure_admin) admin_token = system_random.hex(24);
  other_services = std::make_unique<neighbours::Neighbours>(
      neighbours::Surroundings{.clock = *clock,
                               .random = *random,
                               .blocking_pool = *blocking,
                               .timers = *timers,
                               .work = work,
                               .runtime = *measured_runtime},
      neighbours::NeighbourOptions{.code = code_places(options.lambda),
                                   .enforce_lambda_permission = options.switches.enforce_lambda_permission,
                                   .admin_token = admin_token,
                                   .allowed_origins = options.allow_origins},
      neighbours::make_upstreams(upstreams, work));
  functions.set_others(&other_services->functions());
  other_services->set_played_functions(functions);
  api = std::make_unique<api::Api>(
      api::ApiOptions{.realm = default_realm(),
                      .endpoint_host = options.endpoint_host,
                      .describe_endpoint_legacy = options.switches.describe_endpoint_legacy,
                      .metrics = [this] { return metrics(); },
                      .rates = &rates},
      *this, *this, *tasks, functions, *other_services, *blocking);
  open_outlets(upstreams);
  http::ServerOptions server{.guard = names_of_host()};
  server.limits.body = neighbours::kMaxBodyOfAll;
  server.body_limit = [this](const http::Request& head) { return other_services->body_limit(head); };
  server.guard.allowed_origins = options.allow_origins;
  server.guard.admin_token = admin_token;
  api::protect_system_paths(server.guard);
  http_server = std::make_unique<http::Server>(
      std::move(server),
      [this](http::Request request, http::Responder respond) {
        api->handle(std::move(request), std::move(respond));
      },
      *clock, *random, work);
  api_port = value_or_fail(http_server->bind(options.host, options.api_port));
}

http::GuardOptions Emulator::Impl::names_of_host() const {
  http::GuardOptions guard{.allowed_hosts = own_names(options)};
  guard.allowed_hosts.insert(guard.allowed_hosts.end(), options.allow_hosts.begin(),
                             options.allow_hosts.end());
  return guard;
}

void Emulator::Impl::open_rules() {
  function_ports = {
      .functions = &functions,
      .api = [this](const Realm& realm, std::string_view operation,
                    const Json& input) { return api->call(realm, operation, input); },
      .dynamodb_item = [this](const Realm& realm, std::string_view table,
                              const rules::FunctionHost::DynamoKey& partition,
                              const std::optional<rules::FunctionHost::DynamoKey>& sort,
                              std::string_view) -> Result<std::string> {
        auto key = Json::object();
        key[partition.name][partition.is_number ? "N" : "S"] = partition.value;
        if (sort) key[sort->name][sort->is_number ? "N" : "S"] = sort->value;
        if (options.upstreams.contains("dynamodb")) return aws_questions->dynamodb_item(realm, table, key);
        const auto item = other_services->dynamodb_item(realm, std::string{table}, key);
        if (!item) return Error{Errc::invalid_request, "get_dynamodb: " + item.fault().message};
        return *item ? to_text(**item) : std::string{};
      },
      .secret = [this](const Realm& realm, std::string_view id,
                       bool binary) { return aws_questions->secret(realm, id, binary); },
      .predict = [this](const Realm& realm, std::string_view model,
                        std::string record) { return aws_questions->prediction(realm, model, record); },
      .descriptor_file =
          [this](const Realm& realm, std::string_view bucket, std::string_view file) {
            return aws_questions->descriptor_file(realm, bucket, file);
          }};
}

void Emulator::Impl::open_outlets(const http::UpstreamsByName& upstreams) {
  outlets = value_or_fail(sinks::Outlets::open(
      {.upstreams = upstreams, .record_file = options.record_actions},
      {.clock = *clock,
       .random = *random,
       .timers = *timers,
       .steps = *events,
       .work = work,
       .other_services = *other_services,
       .realms = *this,
       .batch_failures = *this,
       .api_endpoint = [this] { return api_endpoint(); },
       .link_endpoint =
           [this] {
             // Bound to every address, it is for others too, who know it by its name.
             const bool for_others = options.host == "0.0.0.0" || options.host == "::";
             if (!for_others) return api_endpoint();
             return "http://" + options.endpoint_host + ":" + std::to_string(api_port);
           },
       .assume =
           [this](const std::string& role, const std::string& session, std::chrono::seconds lifetime) {
             return other_services->open_session(role, session, lifetime);
           }}));
  aws_questions =
      std::make_unique<rule_engine::AwsQuestions>(outlets->aws_requests(), *clock, options.bucket_folder);
  auto& actions = outlets->actions();
  const auto hide = [this](std::string text) { return without_secrets(std::move(text)); };
  actions.hide_with(hide);
  actions.add("lambda", std::make_unique<sinks::LambdaSink>(functions, hide));
  actions.add("republish", std::make_unique<sinks::RepublishSink>(
                               [this](const Realm& realm) -> mqtt::Broker* {
                                 const auto home = realms->at(realm);
                                 return home ? &(*home)->broker() : nullptr;
                               },
                               *clock, hide));
  for (const auto& kind : actions.kinds()) action_sinks.add(kind, sinks::forward_to(actions));
}

std::string Emulator::Impl::without_secrets(std::string text) const {
  return aws_questions->without_secrets(std::move(text));
}

void Emulator::Impl::batch_failed(const rules::ActionRequest& last, std::string document) {
  if (auto home = realms->at(last.realm)) (*home)->rules().run_error_action(last, std::move(document));
}

void Emulator::Impl::open_handlers() {
  if (!options.jitr_webhook.empty()) {
    handlers.add(
        "JITR webhook", "",
        measured(metrics::HandlerKind::webhook,
                 value_or_fail(invoke::make_webhook_invoker(
                     {.url = options.jitr_webhook, .timeout = options.jitr_webhook_timeout}, work))));
  }
  if (!options.jitr_command.empty()) {
    handlers.add(
        "JITR command", "",
        measured(metrics::HandlerKind::command,
                 value_or_fail(invoke::make_command_invoker({.command = options.jitr_command,
                                                             .timeout = options.jitr_command_timeout,
                                                             .endpoint_url = api_endpoint(),
                                                             .environment = options.jitr_command_environment},
                                                            work))));
  }
  for (const auto& [name, target] : options.functions) {
    if (auto added = functions.add(name, function_at(target)); !added) fail(added.error().message);
  }
}

std::unique_ptr<invoke::FunctionInvoker> Emulator::Impl::function_at(const std::string& target) {
  constexpr std::string_view kCommand = "exec:";
  if (!target.starts_with(kCommand)) {
    return measured(metrics::HandlerKind::webhook,
                    value_or_fail(invoke::make_webhook_invoker({.url = target}, work)));
  }
  return measured(metrics::HandlerKind::command, value_or_fail(invoke::make_command_invoker(
                                                     {.command = target.substr(kCommand.size()),
                                                      .endpoint_url = api_endpoint(),
                                                      .environment = options.jitr_command_environment},
                                                     work)));
}

std::unique_ptr<invoke::FunctionInvoker> Emulator::Impl::measured(
    metrics::HandlerKind kind, std::unique_ptr<invoke::FunctionInvoker> invoker) {
  return std::make_unique<invoke::MeasuredInvoker>(std::move(invoker), handler_measures.of(kind),
                                                   system_clock);
}

void Emulator::Impl::open_mqtt() {
  const auto& rsa = server_identity->rsa();
  value_or_fail(mqtt_server->set_tls(material(server_identity->ecdsa(), rsa ? &*rsa : nullptr)));
  mqtt_port = value_or_fail(mqtt_server->listen(options.host, options.mqtt_port));
}

void Emulator::Impl::open_https() {
  device_https = std::make_unique<identity::DeviceHttps>(
      *door, refused, *api,
      identity::CredentialProvider{
          refused, [this](const registry::RoleAliasRecord& alias, const std::string& session) {
            return other_services->open_session(alias.role_arn, session, alias.credential_duration);
          }});
  const bool in_handshake = options.switches.refusal_mode == Switches::RefusalMode::handshake_alert;
  http::GuardOptions guard = names_of_host();
  // The domain configurations' own; what they let in is the door's to say.
  guard.knows_host = [this](std::string_view host) { return realms->has_domain(host); };
  https_server = std::make_unique<http::Server>(
      http::ServerOptions{.guard = std::move(guard), .tls = device_https->tls_options(in_handshake)},
      [this](http::Request request, http::Responder respond) {
        device_https->handle(std::move(request), std::move(respond));
      },
      *clock, *random, work);
  const auto& rsa = server_identity->rsa();
  value_or_fail(https_server->set_tls(material(server_identity->ecdsa(), rsa ? &*rsa : nullptr)));
  const auto bound = https_server->listen(options.host, options.https_port);
  if (!bound) fail("HTTPS of devices: " + bound.error().message + "; --https-port chooses another port");
  https_port = *bound;
  if (options.rsa_server_certificate && !rsa) blocking->post([this] { make_rsa_certificate(); });
}

void Emulator::Impl::make_rsa_certificate() {
  const auto rsa = server_identity->issue_rsa();
  if (!rsa) {
    log::error("no RSA server certificate; clients that know RSA only cannot connect",
               {{"why", rsa.error().message}});
    return;
  }
  const auto both = material(server_identity->ecdsa(), &*rsa);
  for (const auto& set : {mqtt_server->set_tls(both), https_server->set_tls(both)}) {
    if (!set) log::error("the RSA server certificate cannot be used", {{"why", set.error().message}});
  }
}

void Emulator::Impl::announce(identity::RealmHome& home, const CertificateRegistered& event) const {
  for (int copy = 0; copy <= options.switches.event_duplicates; ++copy) {
    home.publish(topics::registration_topic(event), event.json, mqtt::QoS::at_most_once, event.client_id);
  }
}

void Emulator::Impl::call_handlers(const CertificateRegistered& event) {
  for (int copy = 0; copy <= options.switches.event_duplicates; ++copy) handlers.call(event, event.json);
}

void Emulator::Impl::add_callback(std::string ca_certificate_id, RegistrationHandler handler) {
  handlers.add("registration callback", std::move(ca_certificate_id),
               measured(metrics::HandlerKind::callback,
                        std::make_unique<invoke::CallbackInvoker>(
                            *callbacks, [handler = std::move(handler)](const invoke::Invocation& call) {
                              handler(topics::read_registration(call.payload, call.realm, call.client_id));
                              return std::string{};
                            })));
}

void Emulator::Impl::add_function(std::string_view name, std::function<Json(const Json&)> function) {
  auto invoker = std::make_unique<invoke::CallbackInvoker>(
      *callbacks, [function = std::move(function)](const invoke::Invocation& call) {
        return to_text(function(Json::parse(call.payload)));
      });
  if (auto added = functions.add(name, measured(metrics::HandlerKind::callback, std::move(invoker)));
      !added) {
    throw std::invalid_argument{added.error().message};
  }
}

void Emulator::Impl::stop() {
  if (stopped.exchange(true)) return;
  fleet_load.close();
  rule_work->close();
  timers->stop();
  real_timers->stop();
  if (resets) resets->stop();
  // Some are missing when the constructor has failed.
  if (api) api->stop();
  // Before the servers, where somebody may wait for a function's answer.
  if (function_runtime) function_runtime->stop();
  if (other_services) other_services->stop();
  if (http_server) http_server->stop();
  if (https_server) https_server->stop();
  mqtt_server->stop();
  if (outlets) outlets->stop();
  if (tasks) tasks->stop();
  handlers.stop();
  functions.stop();
}

std::optional<Tick> Emulator::Impl::next_due() const {
  const auto of_mqtt = mqtt_server->next_due();
  const auto of_timers = timers->next_due();
  if (!of_mqtt || !of_timers) return of_mqtt ? of_mqtt : of_timers;
  return std::min(*of_mqtt, *of_timers);
}

Result<registry::Registry*> Emulator::Impl::registry(const Realm& realm) {
  auto home = realms->at(realm);
  if (!home) return home.error();
  return &(*home)->registry();
}

registry::Registry* Emulator::Impl::find_registry(const Realm& realm) {
  auto* home = realms->find(realm);
  return home == nullptr ? nullptr : &home->registry();
}

Result<api::MessageSpace*> Emulator::Impl::messages(const Realm& realm) {
  auto home = realms->at(realm);
  if (!home) return home.error();
  return &(*home)->message_space();
}

Json Emulator::Impl::health() const {
  return {{"accountId", options.account},
          {"region", options.region},
          {"mqttPort", mqtt_port},
          {"httpsPort", https_port},
          {"workers", mqtt_server->workers()},
          {"connections", mqtt_server->connections()},
          {"clock", manual_clock ? "manual" : "real"},
          {"rulesDropped", rule_work->dropped()},
          {"lambdaSandbox", function_runtime->sandbox()}};
}

Json Emulator::Impl::refusals() const {
  Json result = Json::array();
  const std::vector<RefusalRecord> records = refused.list();
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    result.push_back(identity::to_json(*record));
  }
  return result;
}

void Emulator::Impl::open_resets() {
  resets = std::make_unique<Resets>(
      Resets::Steps{.end_code = [this](const invoke::Hold& until) { end_user_code(until); },
                    .take_in = [this](const invoke::Hold& until) { http_server->read_what_came(until); },
                    .forget = [this](bool keep_ca) { return forget(keep_ca); }},
      *blocking, *real_timers, work);
}

void Emulator::Impl::end_user_code(const invoke::Hold& until) {
  // Whoever calls functions first: nothing starts a process between the runtime's end and theirs.
  other_services->reset();
  handlers.reset(until);
  functions.reset(until);
  function_runtime->reset(until);
}

Status Emulator::Impl::forget(bool keep_ca) {
  tasks->reset();
  other_services->reset();
  function_runtime->clear_logs();
  // What devices asked before shall leave nothing behind in what comes after.
  fleet_load.close();
  Status result = Ok{};
  for (identity::RealmHome* home : realms->all()) {
    if (auto done = home->reset(keep_ca); !done) result = done;
  }
  // Behind the rules, which would run their error actions for what ends here. The secrets last: until then,
  // records and log lines are shown without them.
  outlets->reset();
  aws_questions->reset();
  refused.clear();
  fleet_load.open();
  return result;
}

}  // namespace iotemu
