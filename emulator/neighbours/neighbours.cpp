#include "emulator/neighbours/neighbours.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/secret.h"
#include "emulator/neighbours/acm_pca.h"
#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/greengrass/greengrass.h"
#include "emulator/neighbours/iam.h"
#include "emulator/neighbours/lambda/lambda.h"
#include "emulator/neighbours/rest_operations.h"
#include "emulator/neighbours/sqs/sqs.h"
#include "emulator/neighbours/ssm.h"

namespace iotemu::neighbours {
namespace {

/// Requests that may wait for the blocking pool; their clients may have gone.
constexpr std::size_t kMaxWaiting = 256;
/// A longer body is read on the blocking pool, whatever the operation does with it.
constexpr std::size_t kShortBody = 128UL * 1024;

std::string endpoint_of(const http::Request& request) {
  const auto* host = request.header("Host");
  return host == nullptr ? std::string{} : "http://" + *host;
}

std::vector<api::Route> routes_of(const Service& service) {
  std::vector<api::Route> routes;
  for (const auto& row : service.operations()) {
    routes.push_back({row.shape.name, row.shape.verb, row.shape.path, &row.shape});
  }
  return routes;
}

std::string longest(const Operation* operation) {
  const auto bytes = operation == nullptr ? api::kMaxBody : operation->max_body;
  return std::to_string(bytes / (1024 * 1024)) + " MB";
}

/// Both planes of IoT by all their names: older SDK releases sign the control plane as execute-api (P10.1),
/// and the data plane has two (T-20).
bool is_ours(std::string_view service) {
  constexpr std::array<std::string_view, 5> kOurs{"", "iot", "execute-api", "iotdata", "iotdevicegateway"};
  return std::ranges::find(kOurs, service) != kOurs.end();
}

}  // namespace

enum class Neighbours::Form { json, query, rest, rest_xml, other };

struct Neighbours::Asked {
  std::string service{};
  std::string operation{};
  Form form{Form::other};
  bool told{true};  ///< false: the request is unsigned, and what it asks is no operation of ours
  std::optional<api::RouteMatch> match{};  ///< of a REST service

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
    if (service == "iot-jobs-data") return {"NotImplementedException", what, 501};
    return {"NotImplementedException",
            what + "; iot-emulator serve --upstream " + service + "=URL passes " + service +
                " on to a server that answers it",
            501};
  }
};

/// One request of an operation, with all that its answer needs.
struct Neighbours::Turn {
  const Service& service;
  const Operation& operation;
  Form form{};
  std::optional<api::RouteMatch> match{};
  http::Request request{};
  Realm realm{};
  std::string access_key{};

  [[nodiscard]] Answer<Json> input() const;
  [[nodiscard]] http::Response response(Answer<Json> answer) const;
  [[nodiscard]] http::Response refusal(const Fault& fault) const {
    return fault_answer(form, service.facts(), fault, request.id);
  }
};

http::Response Neighbours::fault_answer(Form form, const ServiceFacts& service, const Fault& fault,
                                        const std::string& id) {
  switch (form) {
    case Form::json:
      return json_fault(service, fault);
    case Form::query:
      return xml_fault(service.xml_space, fault, id);
    case Form::rest:
      return rest_fault(service, fault);
    case Form::rest_xml:
      return rest_xml_fault(fault, id);
    case Form::other:
      break;
  }
  return {.status = fault.status,
          .body = to_text(Json{{"__type", fault.name}, {"message", fault.message}}),
          .headers = {{"x-amzn-ErrorType", std::string{fault.name}}}};
}

Answer<Json> Neighbours::Turn::input() const {
  const auto& facts = service.facts();
  if (form == Form::rest) return read_rest(facts, operation, *match, request);
  // The others know one method and, most of them, one path (P9.1).
  if (request.method != "POST" || (!request.segments.empty() && facts.path_member.empty())) {
    return Fault{form == Form::json ? "UnknownOperationException" : "UnknownOperation",
                 std::string{operation.shape.name} + " is asked by POST / alone", 404};
  }
  if (form == Form::json) return read_json(facts, operation, request);
  if (!is_form(request)) return read_form(facts, operation, {});
  auto fields = form_fields(request);
  if (!fields) return fields.fault();
  if (!request.segments.empty() && field(*fields, facts.path_member).empty())
    fields->emplace_back(facts.path_member, request.target.substr(0, request.target.find('?')));
  return read_form(facts, operation, *fields);
}

http::Response Neighbours::Turn::response(Answer<Json> answer) const {
  log::debug("API call", {{"id", request.id},
                          {"service", service.facts().name},
                          {"operation", operation.shape.name},
                          {"account", realm.account},
                          {"region", realm.region},
                          {"outcome", answer ? "ok" : answer.fault().name}});
  if (!answer) return refusal(answer.fault());
  if (form == Form::json) return json_answer(service.facts(), *answer);
  if (form == Form::rest) return rest_answer(operation, std::move(*answer));
  return xml_answer(service.facts(), operation, *answer, request.id);
}

Neighbours::Neighbours(Surroundings surroundings, NeighbourOptions options,
                       std::unique_ptr<Upstreams> upstreams)
    : blocking_pool_{surroundings.blocking_pool},
      clock_{surroundings.clock},
      admin_token_{std::move(options.admin_token)},
      allowed_origins_{std::move(options.allowed_origins)},
      upstreams_{std::move(upstreams)} {
  const auto& clock = surroundings.clock;
  auto& random = surroundings.random;
  services_.push_back(std::make_unique<AcmPca>(clock, random));
  services_.push_back(std::make_unique<Ssm>(clock, random));
  auto dynamodb = std::make_unique<Dynamodb>(clock, random, surroundings.blocking_pool);
  dynamodb_ = dynamodb.get();
  services_.push_back(std::move(dynamodb));
  services_.push_back(std::make_unique<Greengrass>(clock, random));
  auto iam = std::make_unique<Iam>(clock, random);
  auto sts = std::make_unique<Sts>(clock, random, *iam);
  sts_ = sts.get();
  services_.push_back(std::move(iam));
  services_.push_back(std::move(sts));
  auto queues = std::make_unique<sqs::Sqs>(clock, random, surroundings.timers);
  mailbox_ = queues.get();
  auto functions = std::make_unique<lambda::Lambda>(
      lambda::LambdaOptions{.code = std::move(options.code),
                            .enforce_permission = options.enforce_lambda_permission,
                            .queues_elsewhere = upstreams_->knows("sqs")},
      clock, random, surroundings.timers, surroundings.work, surroundings.blocking_pool, surroundings.runtime,
      *queues);
  lambda_ = functions.get();
  // Mappings wait for messages: they end before the queues do.
  services_.push_back(std::move(functions));
  services_.push_back(std::move(queues));
  for (const auto& service : services_) {
    if (service->facts().protocol == Protocol::rest) routers_.emplace(service.get(), routes_of(*service));
    if (!upstreams_->knows(service->facts().name)) continue;
    log::warn("A service that is emulated here is answered by its upstream",
              {{"service", service->facts().name}});
  }
}

Neighbours::~Neighbours() = default;

invoke::OtherFunctions& Neighbours::functions() {
  return *lambda_;
}

void Neighbours::set_played_functions(const invoke::PlayedFunctions& played) {
  lambda_->set_played(played);
}

std::optional<Fault> Neighbours::barred_from_lambda(const http::Request& request) const {
  const auto* origin = request.header("Origin");
  const auto* site = request.header("Sec-Fetch-Site");
  const bool asked_by_page = origin != nullptr || (site != nullptr && *site != "none");
  const bool allowed_page =
      origin != nullptr && std::ranges::find(allowed_origins_, *origin) != allowed_origins_.end();
  if (asked_by_page && !allowed_page) {
    return Fault{
        "ForbiddenException",
        "Lambda runs code, so web pages may not use it, not even those of this machine; --allow-origin "
        "lets one in",
        403};
  }
  // Whoever is on this machine could run code without us; a function reaches us by the address we listen on.
  constexpr std::string_view kMapped = "::ffff:";  // IPv4 on a socket of both kinds
  const auto peer = request.peer.starts_with(kMapped) ? request.peer.substr(kMapped.size()) : request.peer;
  const bool local =
      http::is_loopback_host(peer) || (!request.peer.empty() && request.peer == request.reached);
  if (admin_token_.empty() || local) return std::nullopt;
  const auto* bearer = request.header("Authorization");
  const auto* session = request.header("X-Amz-Security-Token");
  const bool shown = (bearer != nullptr && same_secret(*bearer, "Bearer " + admin_token_)) ||
                     (session != nullptr && same_secret(*session, admin_token_));
  if (shown) return std::nullopt;
  return Fault{"AccessDeniedException",
               "The emulator is reached from other machines, and Lambda runs code: show the token of its "
               "ready line as AWS_SESSION_TOKEN or as Authorization: Bearer, or start it with "
               "--insecure-admin",
               403};
}

void Neighbours::reset() {
  upstreams_->reset();
  for (const auto& service : services_) service->reset();
}

Answer<std::optional<Json>> Neighbours::dynamodb_item(const Realm& realm, const std::string& table,
                                                      const Json& key) {
  return dynamodb_->item(realm, table, key);
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
  signatory.user_id = session->user_id;
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
  const auto* target = request.header("X-Amz-Target");
  if (target == nullptr && find_rest(request, asked)) return asked;
  if (target != nullptr) {
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
      const auto protocol = service->facts().protocol;
      if ((protocol == Protocol::query || protocol == Protocol::json_and_query) &&
          service->find(asked.operation) != nullptr) {
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

/// An unsigned request may be told by its path: no two of these services share one.
bool Neighbours::find_rest(const http::Request& request, Asked& asked) const {
  for (const auto& [service, router] : routers_) {
    const auto name = service->facts().name;
    if (!asked.service.empty() && asked.service != name) continue;
    auto match = match_rest(router, request);
    if (!match && asked.service.empty()) continue;
    asked.service = name;
    asked.form = Form::rest;
    asked.operation = match ? match->route->name : rest_operation(name, request);
    asked.match = std::move(match);
    return true;
  }
  return false;
}

/// A service that is emulated has a form of its own where it does not leave the choice to the request.
Neighbours::Form Neighbours::form_of(const Service& service, Form asked) {
  switch (service.facts().protocol) {
    case Protocol::json:
      return Form::json;
    case Protocol::query:
      return Form::query;
    case Protocol::rest:
      return Form::rest;
    case Protocol::json_and_query:
      break;
  }
  return asked == Form::json ? Form::json : Form::query;
}

std::size_t Neighbours::body_limit(const http::Request& head) const {
  const auto asked = what_is_asked(head, {.scope = api::credential_scope(head)});
  if (upstreams_->knows(asked.service)) return kMaxPassedBytes;
  const auto* service = find(asked.service);
  const auto* operation = service == nullptr ? nullptr : service->find(asked.operation);
  return operation == nullptr ? api::kMaxBody : operation->max_body;
}

bool Neighbours::take(http::Request& request, const api::Signatory& signatory,
                      const http::Responder& respond) {
  auto asked = what_is_asked(request, signatory);
  if (is_ours(asked.service)) return false;
  const auto* service = find(asked.service);
  const auto facts = service == nullptr ? ServiceFacts{} : service->facts();
  const auto refuse = [form = asked.form, facts, id = request.id](const Fault& fault) {
    return fault_answer(form, facts, fault, id);
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
  const auto* operation = service == nullptr ? nullptr : service->find(asked.operation);
  if (request.body.size() > (operation == nullptr ? api::kMaxBody : operation->max_body)) {
    respond(refuse({"RequestEntityTooLargeException", "The body is longer than " + longest(operation), 413}));
    return true;
  }
  if (signatory.expired) {
    const bool xml = asked.form == Form::query || asked.form == Form::rest_xml;
    respond(refuse({xml ? "ExpiredToken" : "ExpiredTokenException",
                    "The security token included in the request is expired", 403}));
    return true;
  }
  if (operation == nullptr) {
    respond(refuse(asked.not_emulated()));
    return true;
  }
  if (service == lambda_) {
    if (const auto barred = barred_from_lambda(request)) {
      respond(refuse(*barred));
      return true;
    }
  }
  carry_out(std::make_shared<const Turn>(
                Turn{.service = *service,
                     .operation = *operation,
                     .form = form_of(*service, asked.form),
                     .match = std::move(asked.match),
                     .request = std::move(request),
                     .realm = signatory.realm,
                     .access_key = signatory.scope ? signatory.scope->access_key : std::string{}}),
            respond);
  return true;
}

void Neighbours::carry_out(std::shared_ptr<const Turn> turn, const http::Responder& respond) {
  const auto answer = [turn, respond] {
    auto input = turn->input();
    if (!input) return respond(turn->refusal(input.fault()));
    const Question question{.realm = turn->realm,
                            .access_key = turn->access_key,
                            .input = *input,
                            .endpoint = endpoint_of(turn->request),
                            .request_id = turn->request.id,
                            .rests = [respond] { respond.rests(); }};
    if (!turn->operation.run_later) return respond(turn->response(turn->operation.run(question)));
    turn->operation.run_later(
        question, [turn, respond](Answer<Json> later) { respond(turn->response(std::move(later))); });
  };
  if (turn->operation.slow || turn->request.body.size() > kShortBody)
    return run_blocking(answer, turn, respond);
  answer();
}

void Neighbours::run_blocking(std::function<void()> answer, std::shared_ptr<const Turn> turn,
                              const http::Responder& respond) {
  const auto refuse = [turn = std::move(turn), respond](const Fault& fault) {
    respond(turn->refusal(fault));
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
