// Role aliases, authorizers, domain configurations, logging options and tags, as far as no client shows it.

#include "registry/authorizers.h"
#include "registry/domain_configurations.h"
#include "registry/logging_options.h"
#include "registry/pki/keys.h"
#include "registry/role_aliases.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

constexpr auto kRole = "arn:aws:iam::123456789012:role/devices";
constexpr auto kFunction = "arn:aws:lambda:us-east-1:123456789012:function:judge";

class AccountResourcesTest : public RegistryTest {
 protected:
  AccountResourcesTest()
      : RegistryTest{{.role_aliases = 2,
                      .authorizers = 3,
                      .active_authorizers = 1,
                      .domain_configurations = 1,
                      .endpoint_names = {"Broker.Example"}}} {}

  Result<RoleAliasPtr> alias(const std::string& name, const Tags& tags = {}) {
    return registry.role_aliases().create(*RoleAliasName::parse(name), kRole, std::chrono::seconds{3600},
                                          tags);
  }
  Result<AuthorizerPtr> unsigned_authorizer(const std::string& name, bool active = false) {
    return registry.authorizers().create(
        *AuthorizerName::parse(name),
        {.function_arn = kFunction, .active = active, .signing_disabled = true});
  }
  Result<DomainConfigurationPtr> domain(const std::string& name, const std::string& host = {}) {
    CreateDomainConfiguration request{.domain_name = host};
    if (!host.empty()) request.server_certificate_arns = {"arn"};
    return registry.domain_configurations().create(*DomainConfigurationName::parse(name), request);
  }
};

TEST_F(AccountResourcesTest, AnAccountHasSoManyAndNoMore) {
  ASSERT_THAT(alias("a"), IsOk());
  ASSERT_THAT(alias("b"), IsOk());
  EXPECT_THAT(alias("c"), FailsWith(Errc::limit_exceeded));
  EXPECT_THAT(alias("a"), FailsWith(Errc::already_exists));
  ASSERT_THAT(unsigned_authorizer("a", true), IsOk());
  EXPECT_THAT(unsigned_authorizer("b", true), FailsWith(Errc::limit_exceeded));
  ASSERT_THAT(unsigned_authorizer("b"), IsOk());
  EXPECT_THAT(registry.authorizers().update(*AuthorizerName::parse("b"), {.active = true}),
              FailsWith(Errc::limit_exceeded));
  ASSERT_THAT(unsigned_authorizer("c"), IsOk());
  EXPECT_THAT(unsigned_authorizer("d"), FailsWith(Errc::limit_exceeded));
  ASSERT_THAT(domain("a"), IsOk());
  EXPECT_THAT(domain("b"), FailsWith(Errc::limit_exceeded));
}

TEST_F(AccountResourcesTest, AFailingStoreLeavesNothingBehind) {
  store.fail_after(0);
  EXPECT_THAT(alias("a"), FailsWith(Errc::io));
  EXPECT_THAT(registry.role_aliases().get(*RoleAliasName::parse("a")), FailsWith(Errc::not_found));
  store.fail_after(0);
  EXPECT_THAT(unsigned_authorizer("a"), FailsWith(Errc::io));
  EXPECT_THAT(registry.authorizers().get(*AuthorizerName::parse("a")), FailsWith(Errc::not_found));
  store.fail_after(0);
  EXPECT_THAT(domain("a", "iot.example.com"), FailsWith(Errc::io));
  EXPECT_EQ(registry.domain_configurations().by_name("iot.example.com"), nullptr);
  store.fail_after(0);
  EXPECT_THAT(registry.logging_options().set_v1(kRole, "INFO"), FailsWith(Errc::io));
  EXPECT_EQ(registry.logging_options().get()->v1_level, "");
  const auto arn = (*alias("a", {{"k", "v"}}))->arn;
  store.fail_after(0);
  EXPECT_THAT(registry.tag(arn, {{"k", "w"}}), FailsWith(Errc::io));
  EXPECT_EQ(registry.tags_of(arn)->front().value, "v");
}

TEST_F(AccountResourcesTest, ResetLeavesTheServicesOwnDomainsOnly) {
  ASSERT_THAT(alias("a"), IsOk());
  ASSERT_THAT(unsigned_authorizer("a"), IsOk());
  ASSERT_THAT(registry.authorizers().set_default(*AuthorizerName::parse("a")), IsOk());
  ASSERT_THAT(domain("a", "iot.example.com"), IsOk());
  ASSERT_THAT(registry.logging_options().set_v1(kRole, "INFO"), IsOk());
  ASSERT_THAT(registry.reset(true), IsOk());
  EXPECT_EQ(registry.role_aliases().list({})->items.size(), 0U);
  EXPECT_EQ(registry.authorizers().list({}, {})->items.size(), 0U);
  EXPECT_THAT(registry.authorizers().get_default(), FailsWith(Errc::not_found));
  EXPECT_EQ(registry.domain_configurations().by_name("iot.example.com"), nullptr);
  EXPECT_EQ(registry.logging_options().get()->v1_level, "");
  const auto left = registry.domain_configurations().list({});
  ASSERT_EQ(left->items.size(), 4U);
  EXPECT_EQ(left->items[0]->name.text(), "iot:CredentialProvider");
  EXPECT_EQ(left->items[2]->name.text(), "iot:Data-ATS");
}

TEST_F(AccountResourcesTest, ADomainIsFoundByItsNameInAnyLetterCase) {
  ASSERT_THAT(domain("a", "Iot.Example.com"), IsOk());
  EXPECT_EQ(registry.domain_configurations().by_name("IOT.example.COM")->name.text(), "a");
  EXPECT_EQ(registry.domain_configurations().by_name("example.com"), nullptr);
  EXPECT_EQ(registry.domain_configurations().by_name(""), nullptr);
  EXPECT_THAT(domain("b", "iot.example.com"), FailsWith(Errc::already_exists));
  for (const auto* host : {"-a.example", "a..b", "a_b.example", "a b", "a."}) {
    EXPECT_THAT(domain("c", host), FailsWith(Errc::invalid_request)) << host;
  }
}

TEST_F(AccountResourcesTest, ANameOfTheServiceItselfIsNobodysDomain) {  // D-1, D-3
  for (const auto* host : {"localhost", "LocalHost", "device.localhost", "broker.example",
                           "a1b2-ats.iot.eu-west-1.amazonaws.com"}) {
    EXPECT_THAT(domain("a", host), FailsWith(Errc::invalid_request, "the service's own")) << host;
  }
  EXPECT_THAT(domain("a", "iot.broker.example"), IsOk());
}

TEST_F(AccountResourcesTest, AnAliasNamesARoleOfItsOwnAccount) {
  constexpr auto kOther = "arn:aws:iam::210987654321:role/devices";
  const auto name = *RoleAliasName::parse("a");
  EXPECT_THAT(registry.role_aliases().create(name, kOther, std::chrono::seconds{3600}, {}),
              FailsWith(Errc::invalid_request, "another account"));
  ASSERT_THAT(alias("a"), IsOk());
  EXPECT_THAT(registry.role_aliases().update(name, {.role_arn = kOther}),
              FailsWith(Errc::invalid_request, "another account"));
  EXPECT_EQ((*registry.role_aliases().get(name))->role_arn, kRole);
}

TEST_F(AccountResourcesTest, ThePairOfProtocolAndAuthenticationMustExist) {  // D-4
  const std::vector<std::tuple<std::string, std::string, bool>> pairs{
      {"DEFAULT", "DEFAULT", true},        {"SECURE_MQTT", "AWS_X509", true},
      {"SECURE_MQTT", "AWS_SIGV4", false}, {"MQTT_WSS", "AWS_SIGV4", true},
      {"MQTT_WSS", "AWS_X509", false},     {"HTTPS", "CUSTOM_AUTH_X509", true},
      {"DEFAULT", "AWS_X509", false},      {"HTTPS", "DEFAULT", false},
      {"MQTT_WSS", "CUSTOM_AUTH", true},   {"SECURE_MQTT", "DEFAULT", false}};
  ASSERT_THAT(domain("a"), IsOk());
  for (const auto& [protocol, authentication, exists] : pairs) {
    const auto updated = registry.domain_configurations().update(
        *DomainConfigurationName::parse("a"),
        {.authentication_type = authentication, .application_protocol = protocol});
    EXPECT_EQ(updated.ok(), exists) << protocol << " with " << authentication;
  }
}

TEST_F(AccountResourcesTest, SigningNeedsAKeyOfEnoughBits) {
  const auto make = [&](const std::string& pem) {
    return registry.authorizers().create(
        *AuthorizerName::parse("a"),
        {.function_arn = kFunction, .token_key_name = "token", .public_keys = {{"first", pem}}});
  };
  EXPECT_THAT(make("no key"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(make(pki::PrivateKey::generate(pki::KeyKind::ec_p256)->public_pem()),
              FailsWith(Errc::invalid_request));
  // Cut off.
  EXPECT_THAT(make("-----BEGIN PUBLIC KEY-----\n"
                   "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDd0VzIKBZuZPnSvx6m3wGZsOMC\n"
                   "-----END PUBLIC KEY-----\n"),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.authorizers().create(*AuthorizerName::parse("a"),
                                            {.function_arn = kFunction, .token_key_name = "token"}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.authorizers().create(*AuthorizerName::parse("a"),
                                            {.function_arn = "judge", .signing_disabled = true}),
              FailsWith(Errc::invalid_request));
}

TEST_F(AccountResourcesTest, TagsAreAddedReplacedAndTakenAway) {  // P8.8
  const auto arn = (*alias("a", {{"owner", "plant"}}))->arn;
  ASSERT_THAT(registry.tag(arn, {{"owner", "hall"}, {"floor", "1"}}), IsOk());
  EXPECT_TRUE(same_tags(*registry.tags_of(arn), {{"owner", "hall"}, {"floor", "1"}}));
  ASSERT_THAT(registry.untag(arn, {"owner", "none"}), IsOk());
  EXPECT_TRUE(same_tags(*registry.tags_of(arn), {{"floor", "1"}}));
  Tags many;
  for (int i = 0; i < 50; ++i) many.push_back({"key" + std::to_string(i), ""});
  EXPECT_THAT(registry.tag(arn, many), FailsWith(Errc::limit_exceeded));
  EXPECT_TRUE(same_tags(*registry.tags_of(arn), {{"floor", "1"}}));
  EXPECT_THAT(registry.tag(arn, {{"aws:owner", "me"}}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.tag(arn, {{"a", "1"}, {"a", "2"}}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.tag(arn + "b", {{"a", "1"}}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.tag(thing_arn({}, thing_name("t")), {{"a", "1"}}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.tags_of("arn:aws:iot:eu-west-1:123456789012:rolealias/a"), FailsWith(Errc::not_found));
}

TEST_F(AccountResourcesTest, ACaKeepsSigningAfterItWasTagged) {
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  ASSERT_THAT(registry.tag(record->arn, {{"plant", "north"}}), IsOk());
  const auto found = registry.find_issuer(new_device(ca, "d"), {});
  ASSERT_NE(found.chosen, nullptr);
  EXPECT_EQ(found.chosen->tags.size(), 1U);
}

TEST_F(AccountResourcesTest, LevelsArePagedWithTheDefaultFirst) {
  auto& logging = registry.logging_options();
  EXPECT_THAT(logging.levels({}, ""), FailsWith(Errc::not_configured));
  EXPECT_THAT(logging.set_v2({}), FailsWith(Errc::invalid_request));
  ASSERT_THAT(logging.set_v2({.role_arn = kRole, .default_level = "WARN"}), IsOk());
  for (const auto* name : {"c", "a", "b"}) {
    ASSERT_THAT(logging.set_level({"CLIENT_ID", name}, "DEBUG"), IsOk());
  }
  std::string names;
  PageRequest page{.size = 2};
  do {
    const auto found = logging.levels(page, "");
    ASSERT_THAT(found, IsOk());
    for (const auto& item : found->items) names += item.target.first.substr(0, 1) + item.target.second + " ";
    page.marker = found->next_marker;
  } while (!page.marker.empty());
  EXPECT_EQ(names, "D Ca Cb Cc ");
}

}  // namespace
}  // namespace iotemu::registry
