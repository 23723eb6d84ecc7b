#include "emulator/topics/fleet_provisioning.h"

#include <utility>

#include "base/log.h"
#include "emulator/identity/client.h"
#include "emulator/topics/provisioning_hook.h"
#include "registry/pki/certificate.h"
#include "registry/provisioning/certificate_parameters.h"
#include "registry/role_arn.h"

namespace iotemu::topics {
namespace {

namespace provisioning = registry::provisioning;

Rejected internal(const Error& error) {
  return {.rejection = Rejection::internal,
          .message = "Internal error",
          .detail = error.message,
          .cure = "look into the emulator's log; the device may try again"};
}

/// What the registry could not do, as a row of P6.4.
Rejected rejection_of(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return {.rejection = Rejection::token_invalid,
              .message = error.message,
              .cure = "ask for a new certificate and use its token within an hour, once"};
    case Errc::conflicting_resource_update:
      return {
          .rejection = Rejection::conflict,
          .message = error.message,
          .cure = "choose another name, or say in the template's OverrideSettings what shall happen (P5.6)"};
    case Errc::io:
    case Errc::internal:
      return internal(error);
    default:
      return {.rejection = Rejection::parameters_invalid,
              .message = error.message,
              .cure = "send the parameters that the template declares, or mend the template"};
  }
}

Rejected no_such_template(const std::string& name) {
  return {.rejection = Rejection::template_missing,
          .message = "Provisioning template " + name + " does not exist",
          .cure = "aws iot create-provisioning-template --enabled --template-name " + name +
                  " --provisioning-role-arn ROLE --template-body file://TEMPLATE.json"};
}

}  // namespace

std::shared_ptr<void> FleetLoad::enter() {
  if (under_way_.fetch_add(1) >= kMost) {
    --under_way_;
    return nullptr;
  }
  return {this, [](FleetLoad* load) { --load->under_way_; }};
}

void FleetLoad::close() {
  ++closed_;
  ++epoch_;
}

void FleetLoad::open() {
  ++epoch_;  // what came since close() is from before, too
  --closed_;
}

FleetProvisioning::FleetProvisioning(registry::Registry& registry, const FleetSurroundings& surroundings,
                                     Answer answer)
    : registry_{registry}, surroundings_{surroundings}, answer_{std::move(answer)} {}

void FleetProvisioning::on_request(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts& client) {
  const auto request = std::make_shared<const Request>(Request{.client = client,
                                                               .message = message,
                                                               .topic = *parse_fleet_topic(message->topic),
                                                               .epoch = surroundings_.load.epoch(),
                                                               .place = surroundings_.load.enter()});
  if (const auto most = exceeded_rate(request->topic.operation)) {
    return reject(*request, {.rejection = Rejection::throttled,
                             .message = "Rate exceeded",
                             .detail = "more than " + std::to_string(*most) +
                                       " such requests of one account in one second (P10.8)",
                             .cure = "let the device try again after a pause, set --limit "
                                     "provisioning_requests_per_second=N, or the switch throttle=off"});
  }
  if (!request->place) {
    return reject(*request, {.rejection = Rejection::throttled,
                             .message = "Too many provisioning requests are under way",
                             .detail = "more than " + std::to_string(FleetLoad::kMost) +
                                       " provisioning requests are under way in this emulator",
                             .cure = "let the device try again after a pause"});
  }
  if (request->topic.operation == FleetOperation::provision) {
    surroundings_.steps.post([this, request] { start_provisioning(request); });
  } else {
    surroundings_.keys.post([this, request] { create(*request); });
  }
}

std::optional<std::size_t> FleetProvisioning::exceeded_rate(FleetOperation operation) {
  const std::size_t usual = surroundings_.rates.limits().provisioning_requests;
  const auto exceeds = [&](std::string_view what, std::size_t most) -> std::optional<std::size_t> {
    if (surroundings_.rates.take(registry_.realm(), what, most)) return std::nullopt;
    return most;
  };
  switch (operation) {
    case FleetOperation::create_keys:
      return exceeds("fleet: create", usual);
    case FleetOperation::create_from_csr:
      return exceeds("fleet: create-from-csr", 2 * usual);
    case FleetOperation::provision:
      break;
  }
  return exceeds("fleet: provision", usual);
}

void FleetProvisioning::create(const Request& request) {
  if (!is_wanted(request)) return;
  const auto asked = read_create(request.topic, request.message->payload);
  if (const auto* rejected = std::get_if<Rejected>(&asked)) return reject(request, *rejected);
  const bool from_csr = request.topic.operation == FleetOperation::create_from_csr;
  const auto still_wanted = [&] { return is_wanted(request); };
  const auto made =
      from_csr ? registry_.create_owned_certificate(std::get<CreateRequest>(asked).csr_pem, still_wanted)
               : registry_.create_owned_keys_and_certificate(still_wanted);
  if (!made && from_csr && made.error().code == Errc::invalid_request) {
    return reject(request, {.rejection = Rejection::csr_invalid,
                            .message = made.error().message,
                            .cure = "send one PEM block with a supported key, signed by that key (P2.1)"});
  }
  if (!made) return reject(request, internal(made.error()));
  Json payload{{"certificateId", made->certificate->id.hex()},
               {"certificatePem", made->certificate->pem},
               {"certificateOwnershipToken", made->ownership_token}};
  if (!from_csr) payload["privateKey"] = made->private_key_pem.text();
  log::info("certificate made for fleet provisioning",
            {{"clientId", request.client.client_id}, {"certificateId", made->certificate->id.hex()}});
  accept(request, payload);
}

void FleetProvisioning::start_provisioning(const RequestPtr& request) {
  if (!is_wanted(*request)) return;
  auto checked = check(request);
  if (const auto* rejected = std::get_if<Rejected>(&checked)) return reject(*request, *rejected);
  auto& ready = std::get<Provisioning>(checked);
  if (ready.document->hook) return ask_hook(std::move(ready));
  finish(ready);
}

/// The steps before the hook, in the order of P6.3.
Read<FleetProvisioning::Provisioning> FleetProvisioning::check(const RequestPtr& request) const {
  auto asked = read_provision(request->topic, request->message->payload);
  if (auto* rejected = std::get_if<Rejected>(&asked)) return std::move(*rejected);

  const std::string& name = request->topic.template_name;
  const auto parsed = registry::TemplateName::parse(name);
  const auto found = parsed ? registry_.provisioning_template(*parsed) : parsed.error();
  if (!found) return no_such_template(name);
  const registry::ProvisioningTemplateRecord& record = **found;
  if (!record.enabled) {
    return Rejected{.rejection = Rejection::template_unusable,
                    .message = "Provisioning template " + name + " is disabled",
                    .cure = "aws iot update-provisioning-template --enabled --template-name " + name};
  }
  if (record.type != registry::TemplateType::fleet_provisioning) {
    return Rejected{.rejection = Rejection::template_unusable,
                    .message = "Provisioning template " + name + " is of type " +
                               std::string{to_text(record.type)} + ", not FLEET_PROVISIONING",
                    .cure = "name a fleet template; the type of a template cannot be changed"};
  }
  if (const auto role = registry::check_role_arn(record.role_arn); !role) {
    return Rejected{.rejection = Rejection::denied,
                    .message = "Access denied",
                    .detail = "provisioningRoleArn of template " + name + ": " + role.error().message,
                    .cure = "aws iot update-provisioning-template --template-name " + name +
                            " --provisioning-role-arn arn:aws:iam::ACCOUNT:role/NAME"};
  }

  auto& provision = std::get<ProvisionRequest>(asked);
  if (provision.token.empty()) {
    return Rejected{.rejection = Rejection::token_empty,
                    .message = "Certificate ownership token cannot be empty.",
                    .cure = "send the certificateOwnershipToken of $aws/certificates/create/…/accepted"};
  }
  auto certificate = registry_.owned_certificate(provision.token);
  if (!certificate) return rejection_of(certificate.error());
  return Provisioning{.request = request,
                      .asked = std::move(provision),
                      .document = *found,
                      .certificate = std::move(*certificate)};
}

void FleetProvisioning::ask_hook(Provisioning provisioning) {
  const Request& request = *provisioning.request;
  invoke::Invocation invocation{.payload = hook_event({.claim_certificate_id = request.client.principal,
                                                       .certificate_id = provisioning.certificate->id.hex(),
                                                       .certificate_pem = provisioning.certificate->pem,
                                                       .template_arn = provisioning.document->arn,
                                                       .client_id = request.client.client_id,
                                                       .parameters = provisioning.asked.parameters}),
                                .realm = registry_.realm(),
                                .client_id = request.client.client_id,
                                .time_limit = surroundings_.hook_time_limit};
  const std::string target = provisioning.document->hook->target_arn;
  const auto call = std::make_shared<HookCall>();
  call->provisioning = std::move(provisioning);
  call->deadline = surroundings_.real_clock.tick() + surroundings_.hook_time_limit;
  surroundings_.real_timers.at(call->deadline, [this, waiting = std::weak_ptr<HookCall>{call}] {
    if (const auto late = waiting.lock()) on_hook_answer(*late, no_answer_in_time());
  });
  surroundings_.functions.invoke(target, std::move(invocation), [this, call](Result<std::string> answer) {
    if (surroundings_.real_clock.tick() >= call->deadline) answer = no_answer_in_time();
    surroundings_.steps.post([this, call, answer = std::move(answer)] { on_hook_answer(*call, answer); });
  });
}

Error FleetProvisioning::no_answer_in_time() const {
  return {Errc::unavailable,
          "it had not answered after " + std::to_string(surroundings_.hook_time_limit.count()) + " ms"};
}

void FleetProvisioning::on_hook_answer(HookCall& call, const Result<std::string>& answer) {
  Provisioning& provisioning = call.provisioning;
  if (call.over.exchange(true) || !is_wanted(*provisioning.request)) return;
  auto overrides = answer ? read_hook_answer(*answer) : answer.error();
  if (!overrides) {
    return reject(
        *provisioning.request,
        {.rejection = Rejection::denied,
         .message = "Access denied",
         .detail = "the pre-provisioning hook " + provisioning.document->hook->target_arn + " of template " +
                   provisioning.document->name.text() + " does not allow it: " + overrides.error().message,
         .cure = "let the hook answer {\"allowProvisioning\": true} within " +
                 std::to_string(surroundings_.hook_time_limit.count()) +
                 " ms (P5.11; limit provisioning_hook_timeout_s)"},
        provisioning.certificate);
  }
  for (auto& [name, value] : *overrides) provisioning.asked.parameters[name] = std::move(value);
  finish(provisioning);
}

void FleetProvisioning::finish(const Provisioning& provisioning) {
  const Request& request = *provisioning.request;
  const auto applied = apply(provisioning);
  if (const auto* rejected = std::get_if<Rejected>(&applied)) {
    return reject(request, *rejected, provisioning.certificate);
  }
  ++surroundings_.counts.fleet;
  const auto& made = std::get<registry::Provisioned>(applied);
  const std::string name = made.thing ? made.thing->name.text() : std::string{};
  log::info("provisioned", {{"template", provisioning.document->name.text()},
                            {"clientId", request.client.client_id},
                            {"certificateId", provisioning.certificate->id.hex()},
                            {"thingName", name}});
  for (const std::string& warning : made.warnings) {
    log::warn("provisioning template", {{"template", provisioning.document->name.text()}, {"what", warning}});
  }
  Json payload{{"deviceConfiguration", made.device_configuration}};
  if (made.thing) payload["thingName"] = name;
  accept(request, payload);
}

Read<registry::Provisioned> FleetProvisioning::apply(const Provisioning& provisioning) {
  const registry::CertificateRecord& record = *provisioning.certificate;
  const auto certificate = registry::pki::Certificate::from_pem(record.pem);
  if (!certificate) return internal(certificate.error());
  provisioning::Parameters parameters = provisioning.asked.parameters;
  // Nobody but the certificate itself says what stands in it, and what does not.
  std::erase_if(parameters, [](const auto& parameter) {
    return provisioning::find_certificate_parameter(parameter.first) != nullptr;
  });
  for (auto& [name, value] :
       provisioning::certificate_parameters(*certificate, registry_.options().jitp_serial_fallback)) {
    parameters[name] = std::move(value);
  }
  const auto plan =
      provisioning::evaluate(*provisioning.document->effective().document,
                             {.parameters = std::move(parameters), .wants_device_configuration = true});
  if (!plan) return rejection_of(plan.error());
  const auto* named =
      plan->certificate ? std::get_if<registry::CertificateId>(&plan->certificate->source) : nullptr;
  if (named == nullptr || *named != record.id) {
    return Rejected{.rejection = Rejection::parameters_invalid,
                    .message =
                        "Invalid registration template. It does not provision the certificate of the "
                        "ownership token",
                    .cure =
                        "give the template a certificate resource with the property CertificateId "
                        "{\"Ref\": \"AWS::IoT::Certificate::Id\"} (P5.5)"};
  }
  auto made = registry_.provision_owned(provisioning.asked.token, *plan);
  if (!made) return rejection_of(made.error());
  return std::move(*made);
}

void FleetProvisioning::accept(const Request& request, const Json& payload) {
  answer_(request.client, request.message->topic + "/accepted",
          encode_payload(request.topic.format, payload));
}

void FleetProvisioning::reject(const Request& request, const Rejected& rejected,
                               const registry::CertificatePtr& certificate) {
  if (!is_wanted(request)) return;
  const RejectionShape shape = shape_of(rejected.rejection);
  const bool throttled = rejected.rejection == Rejection::throttled;
  surroundings_.refusals.add({.refusal = throttled ? Refusal::throttled : Refusal::provisioning_rejected,
                              .client_id = request.client.client_id,
                              .certificate_id = request.client.principal,
                              .peer = identity::peer_text(request.client.address, request.client.port),
                              .cause = request.message->topic +
                                       (certificate ? " for certificate " + certificate->id.hex() : "") +
                                       " was rejected with " + std::to_string(shape.status_code) + " " +
                                       std::string{shape.error_code} + ": " +
                                       (rejected.detail.empty() ? rejected.message : rejected.detail),
                              .cure = rejected.cure});
  answer_(request.client, request.message->topic + "/rejected",
          encode_payload(request.topic.format, rejection_payload(rejected)));
}

}  // namespace iotemu::topics
