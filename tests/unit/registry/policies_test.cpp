#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Policies = RegistryTest;
const PolicyName kPolicy = policy_name("p1");

TEST_F(Policies, StartWithVersionOneAsDefault) {  // P7.2
  const auto created = *registry.create_policy(kPolicy, kAllowAll);
  EXPECT_EQ(created->arn, "arn:aws:iot:us-east-1:123456789012:policy/p1");
  EXPECT_EQ(created->default_version, 1);
  EXPECT_EQ(created->effective().text, kAllowAll);
  EXPECT_NE(created->effective().document, nullptr);
  EXPECT_EQ(created->created_at, clock.now());
  EXPECT_EQ(*registry.policy(kPolicy), created);
}

TEST_F(Policies, NameIsTakenOnceEvenForTheSameDocument) {  // P7.2
  const auto created = *registry.create_policy(kPolicy, kAllowAll);
  const auto again = registry.create_policy(kPolicy, kAllowAll);
  ASSERT_THAT(again,
              FailsWith(Errc::already_exists, "Policy cannot be created - name already exists (name=p1)"));
  EXPECT_EQ(again.error().resource_id, "p1");
  EXPECT_EQ(again.error().resource_arn, created->arn);
}

TEST_F(Policies, DocumentIsChecked) {  // P7.1
  EXPECT_THAT(registry.create_policy(kPolicy, "{}"), FailsWith(Errc::malformed_policy));
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.create_policy_version(kPolicy, "{}", true), FailsWith(Errc::malformed_policy));
}

/// A policy of exactly `characters` characters once white space is gone.
std::string policy_of(std::size_t characters, const std::string& padding) {
  std::string text =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}],"Id":""})";
  text.insert(text.size() - 2, characters - text.size(), 'x');
  return padding + text;
}

TEST_F(Policies, LengthIsCountedWithoutWhiteSpace) {  // C.7 line 76
  EXPECT_THAT(registry.create_policy(kPolicy, policy_of(2048, std::string(10'000, ' '))), IsOk());
  EXPECT_THAT(registry.create_policy(policy_name("p2"), policy_of(2049, "")),
              FailsWith(Errc::malformed_policy));
}

TEST_F(Policies, HaveAtMostFiveVersionsWhoseNumbersAreNeverReused) {  // C.7 line 75, P7.2
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  for (int id = 2; id <= 5; ++id) {
    const auto version = registry.create_policy_version(kPolicy, kAllowAll, false);
    ASSERT_THAT(version, IsOk());
    EXPECT_EQ((*version)->id, id);
  }
  EXPECT_THAT(registry.create_policy_version(kPolicy, kAllowAll, false),
              FailsWith(Errc::versions_limit_exceeded,
                        "The policy p1 already has the maximum number of versions (5)"));
  EXPECT_THAT(registry.delete_policy_version(kPolicy, 5), IsOk());
  EXPECT_EQ((*registry.create_policy_version(kPolicy, kAllowAll, false))->id, 6);
  EXPECT_EQ((*registry.policy(kPolicy))->default_version, 1);
}

TEST_F(Policies, DefaultVersionIsSetAtCreationOrLater) {  // P7.2
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.create_policy_version(kPolicy, kAllowAll, true), IsOk());
  EXPECT_EQ((*registry.policy(kPolicy))->default_version, 2);
  EXPECT_THAT(registry.set_default_policy_version(kPolicy, 1), IsOk());
  EXPECT_EQ((*registry.policy(kPolicy))->default_version, 1);
  EXPECT_THAT(registry.set_default_policy_version(kPolicy, 9), FailsWith(Errc::not_found));
}

TEST_F(Policies, DefaultVersionCannotBeDeleted) {  // P7.2
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.delete_policy_version(kPolicy, 1),
              FailsWith(Errc::delete_conflict, "Cannot delete the default version of a policy"));
  EXPECT_THAT(registry.delete_policy_version(kPolicy, 2), FailsWith(Errc::not_found));
}

TEST_F(Policies, DeletionConflictsComeInOrder) {  // C.7 line 75, P7.2
  const auto device = register_device("d");
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.create_policy_version(kPolicy, kAllowAll, false), IsOk());
  EXPECT_THAT(registry.attach_policy(kPolicy, device->arn), IsOk());
  EXPECT_THAT(
      registry.delete_policy(kPolicy),
      FailsWith(
          Errc::delete_conflict,
          "The policy cannot be deleted as the policy is attached to one or more principals (name=p1)"));
  EXPECT_THAT(registry.detach_policy(kPolicy, device->arn), IsOk());
  EXPECT_THAT(
      registry.delete_policy(kPolicy),
      FailsWith(
          Errc::delete_conflict,
          "Cannot delete the policy because it has one or more policy versions attached to it (name=p1)"));
  EXPECT_THAT(registry.delete_policy_version(kPolicy, 2), IsOk());
  EXPECT_THAT(registry.delete_policy(kPolicy), IsOk());
  EXPECT_THAT(registry.policy(kPolicy), FailsWith(Errc::not_found));
}

TEST_F(Policies, UnknownOneIsNotFound) {  // P7.2
  EXPECT_THAT(registry.policy(kPolicy), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.policy_version(kPolicy, 1), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.create_policy_version(kPolicy, kAllowAll, true), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.set_default_policy_version(kPolicy, 1), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.delete_policy_version(kPolicy, 1), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.delete_policy(kPolicy), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.targets_for_policy(kPolicy, {}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_policy(kPolicy, register_device("d")->arn), FailsWith(Errc::not_found));
}

TEST_F(Policies, AttachIsIdempotentAndSeenFromBothEnds) {  // P7.2
  const auto device = register_device("d");
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.attach_policy(kPolicy, device->arn), IsOk());
  EXPECT_THAT(registry.attach_policy(kPolicy, device->arn), IsOk());
  const auto policies = registry.attached_policies(device->arn, {});
  ASSERT_EQ(policies->items.size(), 1U);
  EXPECT_EQ(policies->items[0]->name, kPolicy);
  EXPECT_EQ(registry.targets_for_policy(kPolicy, {})->items, std::vector{device->arn});
}

TEST_F(Policies, AttachNeedsATargetThatExists) {  // P7.2
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  const auto missing = certificate_arn(Realm{}, *CertificateId::parse(std::string(64, '0')));
  EXPECT_THAT(registry.attach_policy(kPolicy, missing), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_policy(kPolicy, "arn:aws:iot:us-east-1:123456789012:thinggroup/g"),
              FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_policy(kPolicy, "nonsense"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attach_policy(kPolicy, "us-east-1:01234567-89ab-cdef-0123-456789abcdef"), IsOk());
}

TEST_F(Policies, DetachOfWhatIsNotAttachedSucceeds) {  // P7.2
  const auto device = register_device("d");
  EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
  EXPECT_THAT(registry.detach_policy(kPolicy, device->arn), IsOk());
  EXPECT_THAT(registry.detach_policy(policy_name("unknown"), device->arn), IsOk());
  EXPECT_THAT(registry.detach_policy(kPolicy, "arn:aws:iot:us-east-1:999999999999:cert/" + device->id.hex()),
              IsOk());
  EXPECT_THAT(registry.detach_policy(kPolicy, "nonsense"), FailsWith(Errc::invalid_request));
}

TEST_F(Policies, AtMostTenPerCertificate) {  // P7.2, P10.8
  const auto device = register_device("d");
  for (int i = 0; i < 11; ++i) {
    const auto name = policy_name("p" + std::to_string(i));
    EXPECT_THAT(registry.create_policy(name, kAllowAll), IsOk());
    if (i < 10) {
      EXPECT_THAT(registry.attach_policy(name, device->arn), IsOk());
    }
  }
  EXPECT_THAT(registry.attach_policy(policy_name("p10"), device->arn), FailsWith(Errc::limit_exceeded));
  EXPECT_THAT(registry.attach_policy(policy_name("p3"), device->arn), IsOk()) << "attached already";
}

TEST_F(Policies, ListsArePaged) {  // P10.4
  const auto device = register_device("d");
  for (const auto* name : {"b", "a", "c"}) {
    EXPECT_THAT(registry.create_policy(policy_name(name), kAllowAll), IsOk());
    EXPECT_THAT(registry.attach_policy(policy_name(name), device->arn), IsOk());
    clock.advance(std::chrono::milliseconds{1});
  }
  const auto all = registry.list_policies({.size = 2});
  ASSERT_EQ(all->items.size(), 2U);
  EXPECT_EQ(all->items[0]->name.text(), "b");
  const auto rest = registry.list_policies({.size = 2, .marker = all->next_marker});
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_EQ(rest->items[0]->name.text(), "c");
  const auto attached = registry.attached_policies(device->arn, {.size = 2});
  ASSERT_EQ(attached->items.size(), 2U);
  const auto last = registry.attached_policies(device->arn, {.size = 2, .marker = attached->next_marker});
  ASSERT_EQ(last->items.size(), 1U);
  EXPECT_EQ(last->next_marker, "");
  EXPECT_THAT(registry.attached_policies(device->arn, {.marker = "bad"}), FailsWith(Errc::invalid_request));
}

TEST(Tags, AreBounded) {  // P8.8
  Tags fifty;
  for (int i = 0; i < 50; ++i) fifty.push_back({"k" + std::to_string(i), ""});
  EXPECT_THAT(check_tags(fifty, 50), IsOk());
  auto more = fifty;
  more.push_back({"one more", ""});
  EXPECT_THAT(check_tags(more, 50), FailsWith(Errc::invalid_request));
  EXPECT_THAT(check_tags({{std::string(128, 'k'), std::string(256, 'v')}}, 50), IsOk());
  EXPECT_THAT(check_tags({{std::string(129, 'k'), ""}}, 50), FailsWith(Errc::invalid_request));
  EXPECT_THAT(check_tags({{"k", std::string(257, 'v')}}, 50), FailsWith(Errc::invalid_request));
  EXPECT_THAT(check_tags({{"", "v"}}, 50), FailsWith(Errc::invalid_request));
  EXPECT_THAT(check_tags({{"k!", "v"}}, 50), FailsWith(Errc::invalid_request));
  EXPECT_THAT(check_tags({{"Größe @ +-=._:/", "v"}}, 50), IsOk());
  EXPECT_THAT(check_tags({{"k", "1"}, {"k", "2"}}, 50), FailsWith(Errc::invalid_request));
}

}  // namespace
}  // namespace iotemu::registry
