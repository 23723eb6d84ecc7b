#include "emulator/identity/authorizer.h"

#include <algorithm>
#include <utility>

#include "base/realm.h"
#include "emulator/topics/reserved.h"
#include "registry/policy/explain.h"

namespace iotemu::identity {
namespace {

namespace policy = registry::policy;
using registry::AttachedThing;
using registry::PrincipalView;
using topics::PublishKind;
using Policies = std::vector<policy::NamedDocument>;

/// Topics remembered per action and connection; devices use a handful.
constexpr std::size_t kRememberedTopics = 128;

bool same_policies(const Policies& a, const Policies& b) {
  return std::ranges::equal(a, b, [](const policy::NamedDocument& x, const policy::NamedDocument& y) {
    return x.document == y.document && x.name == y.name;
  });
}

bool same_things(const std::vector<AttachedThing>& a, const std::vector<AttachedThing>& b) {
  return std::ranges::equal(a, b, [](const AttachedThing& x, const AttachedThing& y) {
    return x.thing == y.thing && x.type == y.type && same_policies(x.group_policies, y.group_policies);
  });
}

/// Records are immutable, so equal pointers mean equal contents.
bool same(const std::shared_ptr<const PrincipalView>& a, const std::shared_ptr<const PrincipalView>& b) {
  if (!a || !b) return a == b;
  return a->certificate == b->certificate && same_policies(a->policies, b->policies) &&
         same_things(a->things, b->things);
}

/// P7.6: what a person misses who attached a policy to a group and connects under another client id.
std::string group_hint(const PrincipalView& view, std::string_view client_id) {
  if (associated_thing(view, client_id) != nullptr) return {};
  const auto with_policies = std::ranges::find_if(
      view.things, [](const AttachedThing& attached) { return !attached.group_policies.empty(); });
  if (with_policies == view.things.end()) return {};
  const auto& thing = with_policies->thing->name.text();
  return "The policies of the groups of thing " + thing + " count only for the client id " + thing +
         " (P7.6).";
}

registry::Connection connection_of(const Client& client) {
  registry::Connection connection{.client_id = client.client_id,
                                  .source_ip = client.address,
                                  .certificate = {client.certificate, &client.certificate->variables},
                                  .persistent = client.persistent,
                                  .will_topic = client.will_topic};
  if (client.transport == Transport::https) {
    connection.client_id.reset();
    connection.is_mqtt = false;
  }
  if (!client.server_name.empty()) connection.server_name = client.server_name;
  return connection;
}

std::string cure_for(const PrincipalView* view, const Policies& policies, std::string_view action,
                     std::string_view resource) {
  if (view != nullptr && view->claim_for) {
    return "a claim may only provision by its template " + view->claim_for->text() +
           " (P6.5); let the device connect with the certificate that it gets";
  }
  const std::string statement = R"({"Effect":"Allow","Action":")" + std::string{action} +
                                R"(","Resource":")" + std::string{resource} + R"("})";
  if (view == nullptr || policies.empty()) {
    return "attach a policy with the statement " + statement +
           (view == nullptr
                ? std::string{}
                : ": aws iot attach-policy --policy-name NAME --target " + view->certificate->arn);
  }
  return "add the statement " + statement + " to policy " + policies.front().name +
         ": aws iot create-policy-version --policy-name " + policies.front().name +
         " --set-as-default --policy-document file://POLICY.json";
}

}  // namespace

PolicyAuthorizer::Known::Known(const registry::Registry& registry,
                               std::shared_ptr<const PrincipalView> view_now, const Client& client)
    : view{std::move(view_now)}, arn_{iot_arn(registry.realm(), "")}, arn_prefix_{arn_.size()} {
  // A certificate that left ACTIVE keeps its policies: its connection is cut, and its will still goes out
  // (LE-4).
  if (view) rights = registry::rights_of(registry.realm(), *view, connection_of(client));
}

std::string_view PolicyAuthorizer::Known::arn(std::string_view type, std::string_view name) {
  if (type.empty() && name == "*") return name;
  arn_.resize(arn_prefix_);
  return arn_.append(type).append(name);
}

PolicyAuthorizer::PolicyAuthorizer(const registry::Registry& registry, Refusals& refusals, Client client)
    : registry_{registry}, refusals_{refusals}, client_{std::move(client)} {}

PolicyAuthorizer::Known& PolicyAuthorizer::known() {
  const std::uint64_t generation = registry_.generation();
  if (known_ && generation == generation_) return *known_;
  generation_ = generation;
  auto view = registry_.principal_view(client_.certificate_id);
  if (!known_ || !same(view, known_->view)) {
    known_ = std::make_unique<Known>(registry_, std::move(view), client_);
  }
  return *known_;
}

bool PolicyAuthorizer::connect() {
  return allows({Refusal::connect_denied, Action::connect, "client/"}, client_.client_id);
}

bool PolicyAuthorizer::will(std::string_view topic, bool retain) {
  if (topics::classify_publish(topic) != PublishKind::ordinary) {
    record_reserved(Refusal::will_denied, topic, "a will cannot be left on a reserved topic");
    return false;
  }
  return allows({Refusal::will_denied, Action::publish, "topic/"}, topic) &&
         (!retain || allows({Refusal::will_denied, Action::retain_publish, "topic/"}, topic));
}

bool PolicyAuthorizer::request(Action action, std::string_view resource,
                               std::optional<bool> include_socket_information) {
  Known& now = known();
  policy::Context context = now.rights.context;
  context.include_socket_information = include_socket_information;
  const policy::Request asked{.action = action, .resource = now.arn("", resource), .context = context};
  if (policy::evaluate(now.rights.policies, asked) == policy::Verdict::allowed) return true;
  const bool publishes = action == Action::publish || action == Action::retain_publish;
  record(publishes ? Refusal::publish_denied : Refusal::request_denied, asked);
  return false;
}

mqtt::Access PolicyAuthorizer::publish(std::string_view topic, bool retain) {
  const PublishKind kind = topics::classify_publish(topic);
  if (kind == PublishKind::forbidden) {
    record_reserved(Refusal::reserved_topic, topic, "clients may not publish to this reserved topic");
    return mqtt::Access::forbidden_topic;
  }
  if (retain && kind != PublishKind::ordinary) {
    record_reserved(Refusal::reserved_topic, topic, "nothing can be retained on a reserved topic (M3-44)");
    return mqtt::Access::forbidden_topic;
  }
  if (!allows({Refusal::publish_denied, Action::publish, "topic/"}, topic, &Known::publish))
    return mqtt::Access::denied;
  if (retain && !allows({Refusal::publish_denied, Action::retain_publish, "topic/"}, topic, &Known::retain)) {
    return mqtt::Access::denied;
  }
  const bool for_the_service = kind == PublishKind::basic_ingest || kind == PublishKind::request;
  return for_the_service ? mqtt::Access::observer_only : mqtt::Access::allowed;
}

mqtt::Access PolicyAuthorizer::subscribe(std::string_view filter) {
  if (!topics::may_subscribe(filter)) {
    record_reserved(Refusal::reserved_topic, filter, "clients may not subscribe to this reserved topic");
    return mqtt::Access::forbidden_topic;
  }
  const bool allowed = allows({Refusal::subscribe_denied, Action::subscribe, "topicfilter/"}, filter);
  return allowed ? mqtt::Access::allowed : mqtt::Access::denied;
}

bool PolicyAuthorizer::receive(std::string_view topic) {
  return allows({Refusal::receive_denied, Action::receive, "topic/"}, topic, &Known::receive);
}

bool PolicyAuthorizer::allows(const Wording& wording, std::string_view name) {
  Known& now = known();
  const policy::Request asked{
      .action = wording.action, .resource = now.arn(wording.type, name), .context = now.rights.context};
  if (policy::evaluate(now.rights.policies, asked) == policy::Verdict::allowed) return true;
  record(wording.refusal, asked);
  return false;
}

bool PolicyAuthorizer::allows(const Wording& wording, std::string_view topic, Verdicts Known::*verdicts) {
  Known& now = known();
  Verdicts& remembered = now.*verdicts;
  if (const auto verdict = remembered.find(topic); verdict != remembered.end()) return verdict->second;
  if (!now.compiled) now.compiled.emplace(now.rights.policies, now.rights.context);
  const policy::Request asked{
      .action = wording.action, .resource = now.arn(wording.type, topic), .context = now.rights.context};
  const bool allowed = now.compiled->allows(asked.action, asked.resource);
  if (!allowed) record(wording.refusal, asked);
  if (remembered.size() >= kRememberedTopics) remembered.clear();
  remembered.emplace(topic, allowed);
  return allowed;
}

void PolicyAuthorizer::record(Refusal refusal, const policy::Request& denied) {
  RefusalRecord record = refusal_of(client_, refusal);
  const std::string_view action = policy::name(denied.action);
  const PrincipalView* view = known_->view.get();
  const Policies& policies = known_->rights.policies;
  if (policies.empty()) {
    record.cause = std::string{action} + " on " + std::string{denied.resource} + " is denied: certificate " +
                   client_.certificate_id.hex() +
                   (view != nullptr ? " has no policy attached" : " was deleted");
  } else {
    const policy::Explanation explanation = policy::explain(policies, denied);
    record.cause = explanation.summary;
    record.explanation = explanation.text();
  }
  if (view != nullptr) {
    const auto hint = group_hint(*view, client_.client_id);
    if (!hint.empty()) record.cause += (record.cause.ends_with('.') ? " " : ". ") + hint;
  }
  record.cure = cure_for(view, policies, action, denied.resource);
  refusals_.add(std::move(record));
}

void PolicyAuthorizer::record_reserved(Refusal refusal, std::string_view topic, std::string_view why) {
  RefusalRecord record = refusal_of(client_, refusal);
  record.cause = "'" + std::string{topic} + "': " + std::string{why};
  record.cure = "use a topic that does not begin with '$', or one of the service's own that is meant for it";
  refusals_.add(std::move(record));
}

}  // namespace iotemu::identity
