#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

constexpr auto kExclusive = ThingPrincipalType::exclusive;
constexpr auto kShared = ThingPrincipalType::non_exclusive;
const std::string kCognito = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

class ThingPrincipals : public RegistryTest {
 protected:
  void SetUp() override {
    for (const auto* name : {"a", "b"}) ASSERT_THAT(registry.create_thing(thing_name(name), {}), IsOk());
  }

  ThingName a = thing_name("a");
  ThingName b = thing_name("b");
  std::string one = register_device("one", CertificateStatus::inactive)->arn;
  std::string two = register_device("two")->arn;
};

TEST_F(ThingPrincipals, AttachIsIdempotentAndSeenFromBothEnds) {  // P8.3
  EXPECT_THAT(registry.attach_thing_principal(a, one), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(a, one), IsOk());
  const auto principals = registry.thing_principals(a, {});
  ASSERT_EQ(principals->items.size(), 1U);
  EXPECT_EQ(principals->items[0].principal, one);
  EXPECT_EQ(principals->items[0].type, kShared);
  const auto things = registry.principal_things(one, {});
  ASSERT_EQ(things->items.size(), 1U);
  EXPECT_EQ(things->items[0].thing, a);
}

TEST_F(ThingPrincipals, SharedOnesAreManyToMany) {  // P8.3
  for (const auto& thing : {a, b}) {
    for (const auto& principal : {one, two, kCognito}) {
      EXPECT_THAT(registry.attach_thing_principal(thing, principal), IsOk());
    }
  }
  EXPECT_EQ(registry.thing_principals(a, {})->items.size(), 3U);
  EXPECT_EQ(registry.principal_things(kCognito, {})->items.size(), 2U);
}

TEST_F(ThingPrincipals, UnknownAndMalformedOnesAreToldApart) {  // P8.3
  const auto missing = certificate_arn(Realm{}, *CertificateId::parse(std::string(64, '0')));
  EXPECT_THAT(registry.attach_thing_principal(thing_name("missing"), one), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_thing_principal(a, missing), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_thing_principal(a, "nonsense"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.thing_principals(thing_name("missing"), {}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.principal_things(missing, {}), FailsWith(Errc::not_found));
}

TEST_F(ThingPrincipals, DetachNeedsAnAttachment) {  // P8.3
  EXPECT_THAT(registry.detach_thing_principal(a, one), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_thing_principal(a, one), IsOk());
  EXPECT_THAT(registry.detach_thing_principal(a, one), IsOk());
  EXPECT_TRUE(registry.thing_principals(a, {})->items.empty());
  EXPECT_THAT(registry.detach_thing_principal(thing_name("missing"), one), FailsWith(Errc::not_found));
}

TEST_F(ThingPrincipals, ExclusiveCertificateHasNoSecondThing) {  // P7.6
  EXPECT_THAT(registry.attach_thing_principal(a, one, kExclusive), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(a, one, kExclusive), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(b, one, kExclusive), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attach_thing_principal(b, one, kShared), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attach_thing_principal(a, one, kShared),
              FailsWith(Errc::invalid_request, "detach it first"));
  EXPECT_THAT(registry.detach_thing_principal(a, one), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(b, one, kExclusive), IsOk());
}

TEST_F(ThingPrincipals, ExclusiveThingHasNoSecondPrincipal) {  // P7.6
  EXPECT_THAT(registry.attach_thing_principal(a, one, kExclusive), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(a, two, kShared), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attach_thing_principal(a, two, kExclusive), FailsWith(Errc::invalid_request));
}

TEST_F(ThingPrincipals, SharedAttachmentsStandAgainstAnExclusiveOne) {  // P7.6
  EXPECT_THAT(registry.attach_thing_principal(a, one, kShared), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(a, two, kExclusive), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attach_thing_principal(b, one, kExclusive), FailsWith(Errc::invalid_request));
}

TEST_F(ThingPrincipals, OnlyCertificatesAreExclusive) {  // P7.6
  EXPECT_THAT(registry.attach_thing_principal(a, kCognito, kExclusive), FailsWith(Errc::invalid_request));
}

TEST_F(ThingPrincipals, AreListedByTypeInPages) {  // P8.3
  EXPECT_THAT(registry.attach_thing_principal(a, one), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(a, two), IsOk());
  EXPECT_TRUE(registry.thing_principals(a, {}, kExclusive)->items.empty());
  const auto first = registry.thing_principals(a, {.size = 1}, kShared);
  ASSERT_EQ(first->items.size(), 1U);
  const auto second = registry.thing_principals(a, {.size = 1, .marker = first->next_marker}, kShared);
  ASSERT_EQ(second->items.size(), 1U);
  EXPECT_NE(first->items[0].principal, second->items[0].principal);
  EXPECT_EQ(second->next_marker, "");
  EXPECT_THAT(registry.thing_principals(a, {.marker = "bad"}), FailsWith(Errc::invalid_request));
}

}  // namespace
}  // namespace iotemu::registry
