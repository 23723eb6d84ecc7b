#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kRole = "arn:aws:iam::123456789012:role/provisioning";
constexpr auto kBody = R"({
  "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}},
  "Resources": {
    "certificate": {"Type": "AWS::IoT::Certificate",
                    "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}})";

TemplateName template_name(std::string_view text) {
  return *TemplateName::parse(text);
}
const TemplateName kName = template_name("fleet-1");

class ProvisioningTemplates : public RegistryTest {
 protected:
  using RegistryTest::RegistryTest;

  static CreateProvisioningTemplate request(TemplateType type = TemplateType::fleet_provisioning) {
    return {.body = kBody, .type = type, .role_arn = kRole};
  }

  ProvisioningTemplatePtr created(const TemplateName& name = kName,
                                  TemplateType type = TemplateType::fleet_provisioning) {
    return *registry.create_provisioning_template(name, request(type));
  }

  /// A CA whose registrationConfig names the template.
  CaCertificatePtr ca_naming(const TemplateName& name) {
    auto wanted = request_for(new_ca("factory"));
    wanted.registration_config = RegistrationConfig{.template_name = name.text()};
    return *registry.register_ca(wanted);
  }

  std::vector<int> versions() {
    std::vector<int> ids;
    for (const auto& [id, version] : (*registry.provisioning_template(kName))->versions) ids.push_back(id);
    return ids;
  }
};

TEST_F(ProvisioningTemplates, StartDisabledWithVersionOneAsDefault) {  // P5.10
  const auto record = created();
  EXPECT_EQ(record->arn, "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet-1");
  EXPECT_EQ(record->type, TemplateType::fleet_provisioning);
  EXPECT_FALSE(record->enabled);
  EXPECT_EQ(record->default_version, 1);
  EXPECT_EQ(record->effective().body, kBody);
  EXPECT_NE(record->effective().document, nullptr);
  EXPECT_EQ(record->created_at, clock.now());
  EXPECT_EQ(*registry.provisioning_template(kName), record);
}

TEST_F(ProvisioningTemplates, NameIsTakenOnce) {  // P5.10
  const auto record = created();
  const auto again = registry.create_provisioning_template(kName, request());
  ASSERT_THAT(again, FailsWith(Errc::already_exists, "Template with name fleet-1 already exists"));
  EXPECT_EQ(again.error().resource_id, "fleet-1");
  EXPECT_EQ(again.error().resource_arn, record->arn);
}

struct BadRequest {
  const char* name{};
  std::function<void(CreateProvisioningTemplate&)> spoil{};
  const char* words{};
  friend std::ostream& operator<<(std::ostream& out, const BadRequest& row) { return out << row.name; }
};

class BadTemplateRequest : public ProvisioningTemplates, public testing::WithParamInterface<BadRequest> {};

TEST_P(BadTemplateRequest, IsRefusedWithTheReason) {
  auto wanted = request();
  GetParam().spoil(wanted);
  const auto refused = registry.create_provisioning_template(kName, wanted);
  ASSERT_THAT(refused, FailsWith(Errc::invalid_request));
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().words));
  EXPECT_THAT(registry.provisioning_template(kName), FailsWith(Errc::not_found));
}

INSTANTIATE_TEST_SUITE_P(
    P5_10, BadTemplateRequest,
    testing::Values(
        BadRequest{"BodyIsNotJson", [](auto& r) { r.body = "{"; }, "Invalid registration template."},
        BadRequest{"BodyHasNoCertificate",
                   [](auto& r) {
                     r.body = R"({"Resources":{"thing":{"Type":"AWS::IoT::Thing",
                                  "Properties":{"ThingName":"t"}}}})";
                   },
                   "needs a resource of type AWS::IoT::Certificate"},
        BadRequest{"CertificateComesFromARequest",  // P5.5
                   [](auto& r) {
                     r.body = R"({"Parameters":{"CSR":{"Type":"String"}},"Resources":{"certificate":{
                                  "Type":"AWS::IoT::Certificate",
                                  "Properties":{"CertificateSigningRequest":{"Ref":"CSR"}}}}})";
                   },
                   "CertificateId"},
        BadRequest{"RoleIsNoArn", [](auto& r) { r.role_arn = "provisioning-role-of-mine"; },
                   "'provisioning-role-of-mine' is not the ARN of a role"},
        BadRequest{"RoleIsAUser", [](auto& r) { r.role_arn = "arn:aws:iam::123456789012:user/u"; }, "role"},
        BadRequest{"RoleHasNoAccount", [](auto& r) { r.role_arn = "arn:aws:iam::12345:role/r"; }, "role"},
        BadRequest{"RoleHasARegion", [](auto& r) { r.role_arn = "arn:aws:iam:eu:123456789012:role/r"; },
                   "role"},
        BadRequest{"RoleHasNoName", [](auto& r) { r.role_arn = "arn:aws:iam::123456789012:role/"; }, "role"},
        BadRequest{"HookOnAJitpTemplate",
                   [](auto& r) {
                     r.type = TemplateType::jitp;
                     r.hook =
                         ProvisioningHook{.target_arn = "arn:aws:lambda:us-east-1:123456789012:function:f"};
                   },
                   "FLEET_PROVISIONING"},
        BadRequest{
            "HookOfAnUnknownPayloadVersion",  // P5.11
            [](auto& r) { r.hook = ProvisioningHook{.payload_version = "2021-01-01", .target_arn = "f"}; },
            "2020-04-01"},
        BadRequest{"HookWithoutTarget", [](auto& r) { r.hook = ProvisioningHook{}; }, "targetArn"},
        BadRequest{"HookIsNoFunction",  // P5.11
                   [](auto& r) { r.hook = ProvisioningHook{.target_arn = "http://127.0.0.1/hook"}; },
                   "arn:aws:lambda:REGION:ACCOUNT:function:NAME"},
        BadRequest{"HookIsAnotherServicesArn",
                   [](auto& r) {
                     r.hook = ProvisioningHook{.target_arn = "arn:aws:sns:us-east-1:123456789012:hooks"};
                   },
                   "targetArn"},
        BadRequest{"TagKeyTwice",
                   [](auto& r) {
                     r.tags = {{"k", "1"}, {"k", "2"}};
                   },
                   "k"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(ProvisioningTemplates, HooksOfEveryFormThatLambdaKnowsPass) {  // P5.11
  int made = 0;
  for (const auto* target : {"hook", "hook:prod", "123456789012:function:hook",
                             "arn:aws:lambda:us-east-1:123456789012:function:hook",
                             "arn:aws-cn:lambda:cn-north-1:123456789012:function:hook:7"}) {
    auto wanted = request();
    wanted.hook = ProvisioningHook{.target_arn = target};
    const auto name = *TemplateName::parse("hooked-" + std::to_string(++made));
    EXPECT_THAT(registry.create_provisioning_template(name, wanted), IsOk()) << target;
  }
}

TEST_F(ProvisioningTemplates, RolesOfOtherPartitionsAndPathsPass) {  // P5.7
  auto wanted = request();
  wanted.role_arn = "arn:aws-cn:iam::123456789012:role/service-role/a+b=c,d.e@f-g_h";
  EXPECT_THAT(registry.create_provisioning_template(kName, wanted), IsOk());
}

TEST_F(ProvisioningTemplates, AreUpdatedMemberByMember) {  // P5.10
  created();
  clock.advance(Duration{1000});
  ASSERT_THAT(registry.update_provisioning_template(
                  kName, {.description = "d", .enabled = true, .hook = ProvisioningHook{.target_arn = "f"}}),
              IsOk());
  auto record = *registry.provisioning_template(kName);
  EXPECT_EQ(record->description, "d");
  EXPECT_TRUE(record->enabled);
  EXPECT_EQ(record->role_arn, kRole);
  EXPECT_EQ(record->hook, ProvisioningHook{.target_arn = "f"});
  EXPECT_EQ(record->changed_at, record->created_at + Duration{1000});

  ASSERT_THAT(registry.update_provisioning_template(kName, {.description = "", .remove_hook = true}), IsOk());
  record = *registry.provisioning_template(kName);
  EXPECT_EQ(record->description, "");
  EXPECT_TRUE(record->enabled);
  EXPECT_FALSE(record->hook.has_value());
}

TEST_F(ProvisioningTemplates, UpdateIsRefusedWhole) {  // P5.10
  created(kName, TemplateType::jitp);
  const ProvisioningHook hook{.target_arn = "f"};
  EXPECT_THAT(registry.update_provisioning_template(kName, {.enabled = true, .hook = hook}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(
      registry.update_provisioning_template(kName, {.enabled = true, .hook = hook, .remove_hook = true}),
      FailsWith(Errc::invalid_request,
                "removePreProvisioningHook and preProvisioningHook exclude each other"));
  EXPECT_THAT(registry.update_provisioning_template(kName, {.enabled = true, .role_arn = "x"}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.update_provisioning_template(kName, {.enabled = true, .default_version = 2}),
              FailsWith(Errc::not_found, "Provisioning template fleet-1 has no version 2"));
  EXPECT_THAT(registry.update_provisioning_template(template_name("none"), {}), FailsWith(Errc::not_found));
  EXPECT_FALSE((*registry.provisioning_template(kName))->enabled);
}

TEST_F(ProvisioningTemplates, HaveAtMostFiveVersionsWhoseNumbersAreNeverReused) {  // P5.10
  created();
  for (int id = 2; id <= 5; ++id) {
    const auto version = registry.create_provisioning_template_version(kName, kBody, false);
    ASSERT_THAT(version, IsOk());
    EXPECT_EQ(version->version->id, id);
    EXPECT_FALSE(version->is_default);
  }
  EXPECT_THAT(registry.create_provisioning_template_version(kName, kBody, false),
              FailsWith(Errc::versions_limit_exceeded));
  ASSERT_THAT(registry.delete_provisioning_template_version(kName, 5), IsOk());
  EXPECT_EQ(registry.create_provisioning_template_version(kName, kBody, true)->version->id, 6);
  EXPECT_THAT(versions(), ElementsAre(1, 2, 3, 4, 6));
  EXPECT_EQ((*registry.provisioning_template(kName))->default_version, 6);
}

TEST_F(ProvisioningTemplates, BodyOfAVersionIsCheckedAsTheFirstOne) {  // P5.10
  created();
  EXPECT_THAT(registry.create_provisioning_template_version(kName, R"({"Resources":{}})", true),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(versions(), ElementsAre(1));
}

TEST_F(ProvisioningTemplates, DefaultVersionCannotBeDeletedAnotherCan) {  // P5.10
  created();
  ASSERT_THAT(registry.create_provisioning_template_version(kName, kBody, false), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template_version(kName, 1), FailsWith(Errc::delete_conflict));
  ASSERT_THAT(registry.update_provisioning_template(kName, {.default_version = 2}), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template_version(kName, 1), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template_version(kName, 1), FailsWith(Errc::not_found));
  EXPECT_TRUE(registry.provisioning_template_version(kName, 2)->is_default);
  EXPECT_THAT(registry.provisioning_template_version(kName, 1), FailsWith(Errc::not_found));
}

TEST_F(ProvisioningTemplates, GoOnlyWithTheirDefaultVersionAlone) {  // P5.10
  created();
  ASSERT_THAT(registry.create_provisioning_template_version(kName, kBody, false), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template(kName), FailsWith(Errc::delete_conflict));
  ASSERT_THAT(registry.delete_provisioning_template_version(kName, 2), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template(kName), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template(kName),
              FailsWith(Errc::not_found, "Provisioning template fleet-1 does not exist"));
  EXPECT_EQ(created()->default_version, 1);
}

TEST_F(ProvisioningTemplates, StayWhileACaNamesThem) {  // P5.10, P1.3
  created(kName, TemplateType::jitp);
  const auto ca = ca_naming(kName);
  EXPECT_THAT(registry.delete_provisioning_template(kName), FailsWith(Errc::delete_conflict));
  ASSERT_THAT(registry.update_ca(ca->id, {.remove_auto_registration = true}), IsOk());
  EXPECT_THAT(registry.delete_provisioning_template(kName), IsOk());
}

TEST_F(ProvisioningTemplates, ACaNamesAnExistingOneOfTypeJitp) {  // P1.3
  created(template_name("fleet"));
  created(template_name("jitp"), TemplateType::jitp);
  auto wanted = request_for(new_ca("factory"));
  wanted.registration_config = RegistrationConfig{.template_name = "none"};
  EXPECT_THAT(registry.register_ca(wanted),
              FailsWith(Errc::not_found, "Provisioning template none does not exist"));
  wanted.registration_config = RegistrationConfig{.template_name = "fleet"};
  EXPECT_THAT(registry.register_ca(wanted), FailsWith(Errc::invalid_request));
  wanted.registration_config = RegistrationConfig{.template_name = "jitp"};
  EXPECT_THAT(registry.register_ca(wanted), IsOk());
  EXPECT_EQ(registry.list_cas({}, "jitp")->items.size(), 1U);
  EXPECT_TRUE(registry.list_cas({}, "fleet")->items.empty());
}

TEST_F(ProvisioningTemplates, ListsStayRightWhileOthersInsert) {  // P10.4
  created(template_name("b"));
  clock.advance(Duration{1000});
  created(template_name("a"));
  const auto first = *registry.list_provisioning_templates({.size = 1});
  EXPECT_EQ(first.items.front()->name, template_name("b"));
  clock.advance(Duration{1000});
  created(template_name("c"));
  const auto rest = *registry.list_provisioning_templates({.size = 2, .marker = first.next_marker});
  ASSERT_EQ(rest.items.size(), 2U);
  EXPECT_EQ(rest.items[0]->name, template_name("a"));
  EXPECT_EQ(rest.items[1]->name, template_name("c"));
  EXPECT_TRUE(rest.next_marker.empty());
}

TEST_F(ProvisioningTemplates, VersionsAreListedInPagesByNumber) {  // P10.4
  created();
  for (int round = 0; round < 12; ++round) {  // past 9, where text would sort wrongly
    const auto made = registry.create_provisioning_template_version(kName, kBody, false);
    ASSERT_THAT(made, IsOk());
    if (round < 8) {
      ASSERT_THAT(registry.delete_provisioning_template_version(kName, made->version->id), IsOk());
    }
  }
  std::vector<int> seen;
  PageRequest page{.size = 2};
  do {
    const auto answer = *registry.list_provisioning_template_versions(kName, page);
    for (const auto& version : answer.items) seen.push_back(version.version->id);
    page.marker = answer.next_marker;
  } while (!page.marker.empty());
  EXPECT_THAT(seen, ElementsAre(1, 10, 11, 12, 13));
  page.marker = to_marker({.name = "not a number"});
  EXPECT_THAT(registry.list_provisioning_template_versions(kName, page), FailsWith(Errc::invalid_request));
}

class FewTemplates : public ProvisioningTemplates {
 protected:
  FewTemplates() : ProvisioningTemplates{RegistryOptions{.provisioning_templates = 2}} {}
};

TEST_F(FewTemplates, AreTheLimitOfAnAccount) {  // P10.8
  created(template_name("a"));
  created(template_name("b"));
  EXPECT_THAT(registry.create_provisioning_template(template_name("c"), request()),
              FailsWith(Errc::limit_exceeded));
  ASSERT_THAT(registry.delete_provisioning_template(template_name("a")), IsOk());
  EXPECT_THAT(registry.create_provisioning_template(template_name("c"), request()), IsOk());
}

TEST_F(ProvisioningTemplates, ResetThatKeepsCasKeepsTheTemplatesTheyName) {
  created(template_name("named"), TemplateType::jitp);
  created(template_name("other"), TemplateType::jitp);
  ca_naming(template_name("named"));
  ASSERT_THAT(registry.reset(true), IsOk());
  EXPECT_THAT(registry.provisioning_template(template_name("named")), IsOk());
  EXPECT_THAT(registry.provisioning_template(template_name("other")), FailsWith(Errc::not_found));
  ASSERT_THAT(registry.reset(false), IsOk());
  EXPECT_THAT(registry.provisioning_template(template_name("named")), FailsWith(Errc::not_found));
}

TEST_F(ProvisioningTemplates, NothingChangesWhenTheStoreFails) {
  const auto failing = [&](auto write) {
    store.fail_after(0);
    EXPECT_FALSE(write().ok());
  };
  failing([&] { return registry.create_provisioning_template(kName, request()); });
  EXPECT_THAT(registry.provisioning_template(kName), FailsWith(Errc::not_found));

  created();
  ASSERT_THAT(registry.create_provisioning_template_version(kName, kBody, false), IsOk());
  const auto before = *registry.provisioning_template(kName);
  failing([&] { return registry.update_provisioning_template(kName, {.enabled = true}); });
  failing([&] { return registry.create_provisioning_template_version(kName, kBody, true); });
  failing([&] { return registry.delete_provisioning_template_version(kName, 2); });
  EXPECT_EQ(*registry.provisioning_template(kName), before);

  ASSERT_THAT(registry.delete_provisioning_template_version(kName, 2), IsOk());
  failing([&] { return registry.delete_provisioning_template(kName); });
  EXPECT_THAT(registry.provisioning_template(kName), IsOk());
}

}  // namespace
}  // namespace iotemu::registry
