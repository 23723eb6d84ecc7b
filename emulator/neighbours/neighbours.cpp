#include "emulator/neighbours/neighbours.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "emulator/neighbours/acm_pca.h"
#include "emulator/neighbours/iam.h"
#include "emulator/neighbours/rest_operations.h"
#include "emulator/neighbours/ssm.h"

namespace iotemu::neighbours {
namespace {

/// Requests that may wait for the blocking pool; their clients may have gone.
constexpr std::size_t kMaxWaiting = 256;

enum class Form { json, query, rest_xml, rest_json };

http::Response fault_answer(Form form, std::string_view xml_space, const Fault& fault,
                            const std::string& id) {
  if (form == Form::json) return json_fault(fault);
  if (form == Form::query) return xml_fault(xml_space, fault, id);
  if (form == Form::rest_xml) return rest_xml_fault(fault, id);
  return {.status = fault.status,
          .body = to_text(Json{{"__type", fault.name}, {"message", fault.message}}),
          .headers = {{"x-amzn-ErrorType", std::string{fault.name}}}};
}

Form form_of(const Service& service) {
  return service.facts().protocol == Protocol::json ? Form::json : Form::query;
}

/// Both protocols know one path and one method (P9.1).
Answer<Json> read_input(Form form, const Operation& operation, const http::Request& request) {
  if (request.method != "POST" || !request.segments.empty()) {
    const bool json = form == Form::json;
    return Fault{json ? "UnknownOperationException" : "UnknownOperation",
                 std::string{operation.shape.name} + " is asked by POST / alone", 404};
  }
  if (form == Form::json) return read_json(operation, request);
  if (!is_form(request)) return read_form(operation, {});
  const auto fields = form_fields(request);
  if (!fields) return fields.fault();
  return read_form(operation, *fields);
}

/// Both planes of IoT by all their names: older SDK releases sign the control plane as execute-api (P10.1),
/// and the data plane has two (T-20).
bool is_ours(std::string_view service) {
  constexpr std::array<std::string_view, 5> kOurs{"", "iot", "execute-api", "iotdata", "iotdevicegateway"};
  return std::ranges::find(kOurs, service) != kOurs.end();
}

}  // namespace

struct Neighbours::Asked {
  std::string service{};
  std::string operation{};
  Form form{Form::rest_json};
  bool told{true};  ///< false: the request is unsigned, and what it asks is no operation of ours

  [[nodiscard]] Fault not_emulated() const {
    if (!told) {
      return {"NotImplementedException",
              operation +
                  " is not emulated; the request is unsigned, and only a signed one tells which service "
                  "it asks, so that it could be passed on",
              501};
    }
    const auto what = service + (operation.empty() ? "" : " " + operation) + " is not emulated";
    // A plane of IoT has no upstream.
    if (service.starts_with("iot")) return {"NotImplementedException", what, 501};
    return {"NotImplementedException",
            what + "; iot-emulator serve --upstream " + service + "=URL passes " + service +
                " on to a server that answers it",
            501};
  }
};

Neighbours::Neighbours(const Clock& clock, Random& random, Executor& blocking_pool,
                       std::unique_ptr<Upstreams> upstreams)
    : blocking_pool_{blocking_pool}, clock_{clock}, upstreams_{std::move(upstreams)} {
  services_.push_back(std::make_unique<AcmPca>(clock, random));
  services_.push_back(std::make_unique<Ssm>(clock, random));
  auto iam = std::make_unique<Iam>(clock, random);
  auto sts = std::make_unique<Sts>(clock, random, *iam);
  sts_ = sts.get();
  services_.push_back(std::move(iam));
  services_.push_back(std::move(sts));
  for (const auto& service : services_) {
    if (!upstreams_->knows(service->facts().name)) continue;
    log::warn("A service that is emulated here is answered by its upstream",
              {{"service", service->facts().name}});
  }
}

Neighbours::~Neighbours() = default;

void Neighbours::reset() {
  for (const auto& service : services_) service->reset();
}

void Neighbours::identify(api::Signatory& signatory) const {
  if (!signatory.scope) return;
  const auto& key = signatory.scope->access_key;
  const auto session = sts_->session(key);
  if (!session) {
    // Tools invent such keys, so they are let in.
    if (key.starts_with("ASIA") && !said_unknown_.exchange(true)) {
      log::warn(
          "Temporary credentials that this emulator has not given, or has forgotten, count as the "
          "default account's; this is said once",
          {{"accessKey", key}, {"account", signatory.realm.account}});
    }
    return;
  }
  signatory.realm.account = session->account;
  signatory.expired = clock_.now() >= session->expires;
}

Service* Neighbours::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(services_, [&](const auto& service) { return service->facts().name == name; });
  return found == services_.end() ? nullptr : found->get();
}

Neighbours::Asked Neighbours::what_is_asked(const http::Request& request,
                                            const api::Signatory& signatory) const {
  Asked asked{.service = signatory.scope ? signatory.scope->service : std::string{}};
  if (const auto* target = request.header("X-Amz-Target")) {
    const auto dot = target->find('.');
    const auto prefix = target->substr(0, dot);
    asked.form = Form::json;
    if (dot != target->npos) asked.operation = target->substr(dot + 1);
    if (!asked.service.empty()) return asked;
    asked.service = prefix;
    asked.told = false;
    for (const auto& service : services_) {
      if (service->facts().target != prefix) continue;
      asked.service = service->facts().name;
      asked.told = true;
    }
    if (!asked.told) asked.operation = *target;
  } else if (is_form(request)) {
    asked.operation = form_action(request);
    asked.form = Form::query;
    if (asked.operation.empty() || !asked.service.empty()) return asked;
    asked.service = "unsigned";
    asked.told = false;
    for (const auto& service : services_) {
      if (service->facts().protocol == Protocol::query && service->find(asked.operation) != nullptr) {
        asked.service = service->facts().name;
        asked.told = true;
      }
    }
  } else {
    if (asked.service == "s3") asked.form = Form::rest_xml;
    asked.operation = rest_operation(asked.service, request);
  }
  return asked;
}

std::size_t Neighbours::body_limit(const http::Request& head) const {
  const auto asked = what_is_asked(head, {.scope = api::credential_scope(head)});
  return upstreams_->knows(asked.service) ? kMaxPassedBytes : api::kMaxBody;
}

bool Neighbours::take(http::Request& request, const api::Signatory& signatory,
                      const http::Responder& respond) {
  auto asked = what_is_asked(request, signatory);
  if (is_ours(asked.service)) return false;
  const auto refuse = [form = asked.form, id = request.id](const Fault& fault) {
    return fault_answer(form, "", fault, id);
  };
  if (upstreams_->knows(asked.service)) {
    if (request.foreign) {
      respond(refuse({"ForbiddenException",
                      "A web page of another site must not ask the upstream of " + asked.service +
                          "; --allow-origin lets one in",
                      403}));
      return true;
    }
    upstreams_->pass_on(asked.service, std::move(request), refuse, respond);
    return true;
  }
  if (const auto why = http::why_unreadable(request)) {
    respond(refuse({"UnsupportedMediaTypeException", *why, 415}));
    return true;
  }
  if (request.body.size() > api::kMaxBody) {
    respond(refuse({"RequestEntityTooLargeException", "The body is longer than 1 MB", 413}));
    return true;
  }
  if (signatory.expired) {
    const bool json = asked.form == Form::json || asked.form == Form::rest_json;
    respond(refuse({json ? "ExpiredTokenException" : "ExpiredToken",
                    "The security token included in the request is expired", 403}));
    return true;
  }
  const auto* service = find(asked.service);
  const auto* operation = service == nullptr ? nullptr : service->find(asked.operation);
  if (operation == nullptr) {
    respond(refuse(asked.not_emulated()));
    return true;
  }
  const auto form = form_of(*service);
  auto input = read_input(form, *operation, request);
  if (!input) {
    respond(fault_answer(form, service->facts().xml_space, input.fault(), request.id));
    return true;
  }
  run(*service, *operation, std::move(*input), signatory, request.id, respond);
  return true;
}

void Neighbours::run(const Service& service, const Operation& operation, Json input,
                     const api::Signatory& signatory, const std::string& request_id,
                     const http::Responder& respond) {
  const auto answer = [&service, &operation, input = std::move(input), realm = signatory.realm,
                       key = signatory.scope ? signatory.scope->access_key : std::string{}, request_id,
                       respond] {
    const auto done = operation.run({.realm = realm, .access_key = key, .input = input});
    log::debug("API call", {{"id", request_id},
                            {"service", service.facts().name},
                            {"operation", operation.shape.name},
                            {"account", realm.account},
                            {"region", realm.region},
                            {"outcome", done ? "ok" : done.fault().name}});
    const auto form = form_of(service);
    if (!done) return respond(fault_answer(form, service.facts().xml_space, done.fault(), request_id));
    respond(form == Form::json ? json_answer(*done)
                               : xml_answer(service.facts(), operation.shape.name, *done, request_id));
  };
  if (operation.slow) return run_blocking(answer, service, request_id, respond);
  answer();
}

void Neighbours::run_blocking(std::function<void()> answer, const Service& service,
                              const std::string& request_id, const http::Responder& respond) {
  const auto refuse = [&service, request_id, respond](const Fault& fault) {
    respond(fault_answer(form_of(service), service.facts().xml_space, fault, request_id));
  };
  if (waiting_.fetch_add(1) >= kMaxWaiting) {
    --waiting_;
    return refuse({"ThrottlingException", "More than " + std::to_string(kMaxWaiting) +
                                              " requests wait for a free thread; try again later"});
  }
  blocking_pool_.post([this, answer = std::move(answer), refuse] {
    --waiting_;
    if (stopping_) return refuse({"ServiceUnavailable", "The emulator is ending", 503});
    answer();
  });
}

}  // namespace iotemu::neighbours
