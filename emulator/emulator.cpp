#include "iotemu/emulator.h"

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "emulator/api/errors.h"
#include "emulator/ca_fixture.h"
#include "emulator/impl.h"
#include "iotemu/device.h"

namespace iotemu {
namespace {

/// Real time that `settle()` waits at most.
constexpr std::chrono::minutes kSettleLimit{1};

/// Setting a test up wrongly is an error of the test.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().message};
  return std::move(*result);
}

Json error_body(const Error& error) {
  Json body{{"message", error.message}};
  if (!error.resource_id.empty()) body["resourceId"] = error.resource_id;
  if (!error.resource_arn.empty()) body["resourceArn"] = error.resource_arn;
  return body;
}

}  // namespace

const Json& ApiResult::operator[](std::string_view member) const {
  static const Json kNull;
  const auto found = body.find(member);
  return found == body.end() ? kNull : *found;
}

Emulator::Emulator(const Options& options) : impl_{std::make_unique<Impl>(options)} {}
Emulator::~Emulator() = default;

std::string Emulator::api_endpoint() const {
  return impl_->api_endpoint();
}
std::uint16_t Emulator::api_port() const {
  return impl_->api_port;
}
std::uint16_t Emulator::mqtt_port() const {
  return impl_->mqtt_port;
}
std::uint16_t Emulator::https_port() const {
  return impl_->https_port;
}
const std::string& Emulator::server_ca_pem() const {
  return impl_->server_identity->ca_pem();
}
const std::string& Emulator::admin_token() const {
  return impl_->admin_token;
}
const Options& Emulator::options() const {
  return impl_->options;
}

ApiResult Emulator::api(std::string_view operation, const Json& input) {
  return api(operation, input, {});
}

ApiResult Emulator::api(std::string_view operation, const Json& input, const RealmName& realm) {
  Realm target = impl_->default_realm();
  if (!realm.account.empty()) target.account = realm.account;
  if (!realm.region.empty()) target.region = realm.region;
  auto answer = impl_->api->call(target, operation, input);
  if (answer) return {.ok = true, .status = 200, .body = std::move(*answer)};
  const api::ErrorShape shape = api::error_shape(answer.error().code, impl_->api->plane_of(operation));
  return {.ok = false,
          .status = static_cast<int>(shape.status),
          .body = error_body(answer.error()),
          .error = std::string{shape.name},
          .message = answer.error().message};
}

CaFixture Emulator::make_ca(const CaOptions& options) const {
  return CaFixture{CaFixture::State::make(options, impl_->clock)};
}

CaFixture Emulator::register_ca(const CaOptions& options) {
  return register_ca(make_ca(options), options);
}

CaFixture Emulator::register_ca(const CaFixture& ca, const CaOptions& options) {
  Realm realm = impl_->default_realm();
  if (!options.realm.account.empty()) realm.account = options.realm.account;
  if (!options.realm.region.empty()) realm.region = options.realm.region;
  registry::Registry& registry = *value_or_throw(impl_->registry(realm));
  registry::RegisterCa request{.ca_pem = ca.certificate_pem(),
                               .mode = options.sni_only ? registry::CertificateMode::sni_only
                                                        : registry::CertificateMode::default_mode,
                               .set_active = options.active,
                               .allow_auto_registration = options.auto_registration};
  if (!options.sni_only) {
    const std::string code = value_or_throw(registry.registration_code());
    request.verification_pem = value_or_throw(ca.state_->authority.verification_certificate(code)).pem();
  }
  value_or_throw(registry.register_ca(request));
  return ca;
}

void Emulator::on_certificate_registered(RegistrationHandler handler) {
  impl_->add_callback("", std::move(handler));
}

void Emulator::on_certificate_registered(const CaFixture& ca, RegistrationHandler handler) {
  impl_->add_callback(ca.id(), std::move(handler));
}

void Emulator::on_function(std::string_view name, std::function<Json(const Json&)> function) {
  impl_->add_function(name, std::move(function));
}

void Emulator::publish(std::string_view topic, std::string_view payload, int qos) {
  impl_->realms->home().publish(std::string{topic}, std::string{payload},
                                qos == 0 ? mqtt::QoS::at_most_once : mqtt::QoS::at_least_once);
}

struct Recorder::State {
  Emulator& emulator;
  std::shared_ptr<const topics::MessageRecord> record;
};

Recorder Emulator::record(std::string_view filter) {
  return Recorder{std::make_shared<Recorder::State>(
      Recorder::State{*this, impl_->realms->home().messages().record(std::string{filter})})};
}

std::vector<ReceivedMessage> Recorder::messages() const {
  state_->emulator.settle();
  return state_->record->messages();
}

std::vector<Json> Recorder::json() const {
  std::vector<Json> result;
  for (const ReceivedMessage& message : messages()) {
    const auto parsed = parse_json(message.payload);
    result.push_back(parsed ? *parsed : Json{});
  }
  return result;
}

bool Emulator::settle() {
  return impl_->work.wait_idle(kSettleLimit);
}

bool Emulator::advance(Duration by) {
  if (!impl_->manual_clock) return false;
  ManualClock& clock = *impl_->manual_clock;
  settle();
  const Tick end = clock.tick() + by;
  for (auto due = impl_->next_due(); due && *due <= end; due = impl_->next_due()) {
    if (*due > clock.tick()) clock.advance(*due - clock.tick());
    impl_->mqtt_server->fire_due();
    impl_->timers->fire_due();
    settle();
  }
  clock.advance(end - clock.tick());
  return settle();
}

void Emulator::reset(bool keep_ca) {
  std::promise<Status> gone;
  impl_->reset(keep_ca, [&gone](const Status& done) { gone.set_value(done); });
  if (const auto done = gone.get_future().get(); !done)
    log::error("reset failed", {{"why", done.error().message}});
  settle();
}

void Emulator::stop() {
  impl_->stop();
}

std::vector<ActionRecord> Emulator::actions() {
  settle();
  return impl_->outlets->recorder().list();
}

std::vector<RefusalRecord> Emulator::refusals() const {
  return impl_->refused.list();
}

std::string Emulator::explain(std::string_view client_or_certificate_id) const {
  const auto record = impl_->refused.last_of(client_or_certificate_id);
  if (!record) return "no refusal of '" + std::string{client_or_certificate_id} + "' is on record";
  return to_text(*record);
}

std::string Emulator::explain(const Device& device) const {
  return explain(device.identity().certificate_id);
}

}  // namespace iotemu
