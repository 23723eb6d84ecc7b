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

PolicyAuthorizer::PolicyAuthorizer(const registry::Registry& registry, Refusals& refusals, Client client)
    : registry_{registry},
      refusals_{refusals},
      client_{std::move(client)},
      connection_{connection_of(client_)},
      arn_prefix_{iot_arn(registry.realm(), "")} {
  refresh();
}

bool PolicyAuthorizer::connect() {
  refresh();
  return allows({Refusal::connect_denied, Action::connect, "client/"}, client_.client_id, nullptr);
}

bool PolicyAuthorizer::will(std::string_view topic, bool retain) {
  refresh();
  if (topics::classify_publish(topic) != PublishKind::ordinary) {
    record_reserved(Refusal::will_denied, topic, "a will cannot be left on a reserved topic");
    return false;
  }
  return allows({Refusal::will_denied, Action::publish, "topic/"}, topic, nullptr) &&
         (!retain || allows({Refusal::will_denied, Action::retain_publish, "topic/"}, topic, nullptr));
}

bool PolicyAuthorizer::request(Action action, std::string_view name,
                               std::optional<bool> include_socket_information) {
  refresh();
  resource_ = name == "*" ? std::string{name} : arn_prefix_ + std::string{name};
  policy::Context context = rights_.context;
  context.include_socket_information = include_socket_information;
  const policy::Request asked{.action = action, .resource = resource_, .context = context};
  if (policy::evaluate(rights_.policies, asked) == policy::Verdict::allowed) return true;
  const bool publishes = action == Action::publish || action == Action::retain_publish;
  record(publishes ? Refusal::publish_denied : Refusal::request_denied, action, context);
  return false;
}

mqtt::Access PolicyAuthorizer::publish(std::string_view topic, bool retain) {
  refresh();
  const PublishKind kind = topics::classify_publish(topic);
  if (kind == PublishKind::forbidden) {
    record_reserved(Refusal::reserved_topic, topic, "clients may not publish to this reserved topic");
    return mqtt::Access::forbidden_topic;
  }
  if (retain && kind != PublishKind::ordinary) {
    record_reserved(Refusal::reserved_topic, topic, "nothing can be retained on a reserved topic (M3-44)");
    return mqtt::Access::forbidden_topic;
  }
  if (!allows({Refusal::publish_denied, Action::publish, "topic/"}, topic, &publish_))
    return mqtt::Access::denied;
  if (retain && !allows({Refusal::publish_denied, Action::retain_publish, "topic/"}, topic, &retain_)) {
    return mqtt::Access::denied;
  }
  const bool for_the_service = kind == PublishKind::basic_ingest || kind == PublishKind::request;
  return for_the_service ? mqtt::Access::observer_only : mqtt::Access::allowed;
}

mqtt::Access PolicyAuthorizer::subscribe(std::string_view filter) {
  refresh();
  if (!topics::may_subscribe(filter)) {
    record_reserved(Refusal::reserved_topic, filter, "clients may not subscribe to this reserved topic");
    return mqtt::Access::forbidden_topic;
  }
  const bool allowed =
      allows({Refusal::subscribe_denied, Action::subscribe, "topicfilter/"}, filter, nullptr);
  return allowed ? mqtt::Access::allowed : mqtt::Access::denied;
}

bool PolicyAuthorizer::receive(std::string_view topic) {
  refresh();
  return allows({Refusal::receive_denied, Action::receive, "topic/"}, topic, &receive_);
}

void PolicyAuthorizer::refresh() {
  const std::uint64_t generation = registry_.generation();
  if (generation == generation_) return;
  generation_ = generation;
  auto view = registry_.principal_view(client_.certificate_id);
  if (view_ && same(view, view_)) return;
  view_ = std::move(view);
  compile();
}

void PolicyAuthorizer::compile() {
  publish_.clear();
  retain_.clear();
  receive_.clear();
  rights_ = {};
  compiled_ = {};
  // A certificate that left ACTIVE keeps its policies: its connection is cut, and its will still goes out
  // (LE-4).
  if (!view_) return;
  rights_ = registry::rights_of(registry_.realm(), *view_, connection_);
  compiled_ = policy::Compiled{rights_.policies, rights_.context};
}

std::string_view PolicyAuthorizer::resource(std::string_view type, std::string_view name) {
  resource_.assign(arn_prefix_).append(type).append(name);
  return resource_;
}

bool PolicyAuthorizer::allows(const Wording& wording, std::string_view name, Verdicts* cache) {
  if (cache != nullptr) {
    if (const auto known = cache->find(name); known != cache->end()) return known->second;
  }
  const bool allowed = compiled_.allows(wording.action, resource(wording.type, name));
  if (!allowed) record(wording.refusal, wording.action, rights_.context);
  if (cache != nullptr) {
    if (cache->size() >= kRememberedTopics) cache->clear();
    cache->emplace(name, allowed);
  }
  return allowed;
}

void PolicyAuthorizer::record(Refusal refusal, Action asked, const policy::Context& context) {
  RefusalRecord record = refusal_of(client_, refusal);
  const std::string_view action = policy::name(asked);
  if (rights_.policies.empty()) {
    record.cause = std::string{action} + " on " + resource_ + " is denied: certificate " +
                   client_.certificate_id.hex() + (view_ ? " has no policy attached" : " was deleted");
  } else {
    const policy::Explanation explanation =
        policy::explain(rights_.policies, {.action = asked, .resource = resource_, .context = context});
    record.cause = explanation.summary;
    record.explanation = explanation.text();
  }
  if (view_) {
    const auto hint = group_hint(*view_, client_.client_id);
    if (!hint.empty()) record.cause += (record.cause.ends_with('.') ? " " : ". ") + hint;
  }
  record.cure = cure_for(view_.get(), rights_.policies, action, resource_);
  refusals_.add(std::move(record));
}

void PolicyAuthorizer::record_reserved(Refusal refusal, std::string_view topic, std::string_view why) {
  RefusalRecord record = refusal_of(client_, refusal);
  record.cause = "'" + std::string{topic} + "': " + std::string{why};
  record.cure = "use a topic that does not begin with '$', or one of the service's own that is meant for it";
  refusals_.add(std::move(record));
}

}  // namespace iotemu::identity
