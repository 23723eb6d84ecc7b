#include "registry/store.h"

#include <functional>

#include "registry/events.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Stores = RegistryTest;

TEST(MemoryStore, IsDurableAtOnce) {
  MemoryStore store;
  bool durable = false;
  store.when_durable([&](const Status& status) { durable = status.ok(); });
  EXPECT_TRUE(durable);
}

TEST(FailingStore, FailsTheWriteItWasToldToAndOnlyThat) {
  MemoryStore memory;
  FailingStore store{memory};
  store.fail_after(1);
  EXPECT_THAT(store.write({}), IsOk());
  EXPECT_THAT(store.write({}), FailsWith(Errc::io));
  EXPECT_THAT(store.write({}), IsOk());
}

TEST_F(Stores, FailedWriteFailsTheCallAndChangesNothing) {
  const auto ca = new_ca("Factory");
  const auto ca_record = register_active(ca);
  const auto idle_ca = (*registry.register_ca(request_for(new_ca("Idle"))))->id;
  const auto device = register_device("d");
  const auto idle = register_device("idle", CertificateStatus::inactive);
  const auto leaf = new_device(ca, "new");
  const auto other_leaf = new_device(ca, "other");
  const RegistrationConfig config{.template_body = R"({"Resources": {}})"};
  const auto p = policy_name("p");
  const auto t = thing_name("t");
  const auto type = type_name("type");
  ASSERT_THAT(registry.create_policy(p, kAllowAll), IsOk());
  ASSERT_THAT(registry.create_policy_version(p, kAllowAll, false), IsOk());
  ASSERT_THAT(registry.create_policy(policy_name("attached"), kAllowAll), IsOk());
  ASSERT_THAT(registry.attach_policy(policy_name("attached"), device->arn), IsOk());
  ASSERT_THAT(registry.attach_policy(policy_name("attached"), idle->arn), IsOk());
  ASSERT_THAT(registry.create_policy(policy_name("free"), kAllowAll), IsOk());
  ASSERT_THAT(registry.create_policy(policy_name("versioned"), kAllowAll), IsOk());
  ASSERT_THAT(registry.create_policy_version(policy_name("versioned"), kAllowAll, false), IsOk());
  ASSERT_THAT(registry.create_thing(thing_name("spare"), {}), IsOk());
  ASSERT_THAT(registry.create_thing(t, {}), IsOk());
  ASSERT_THAT(registry.create_thing(thing_name("attached"), {}), IsOk());
  ASSERT_THAT(registry.attach_thing_principal(thing_name("attached"), device->arn), IsOk());
  ASSERT_THAT(registry.create_thing_type(type, {}), IsOk());
  const auto new_ca_request = request_for(new_ca("Another"));

  const auto status_of = [](const auto& result) {
    return result.ok() ? Status{Ok{}} : Status{result.error()};
  };
  const std::function<Status()> calls[] = {
      [&] { return status_of(registry.register_ca(new_ca_request)); },
      [&] { return registry.update_ca(ca_record->id, {.registration_config = config}); },
      [&] { return registry.delete_ca(idle_ca); },
      [&] { return registry.delete_registration_code(); },
      [&] { return status_of(registry.auto_register(leaf, *ca_record)); },
      [&] { return status_of(registry.register_certificate({.pem = other_leaf.pem()})); },
      [&] { return registry.set_certificate_status(device->id, CertificateStatus::revoked); },
      [&] { return registry.delete_certificate(idle->id, true); },
      [&] { return status_of(registry.create_policy(policy_name("new"), kAllowAll)); },
      [&] { return status_of(registry.create_policy_version(p, kAllowAll, true)); },
      [&] { return registry.set_default_policy_version(p, 2); },
      [&] { return registry.delete_policy_version(policy_name("versioned"), 2); },
      [&] { return registry.delete_policy(policy_name("free")); },
      [&] { return registry.attach_policy(p, device->arn); },
      [&] { return registry.detach_policy(policy_name("attached"), device->arn); },
      [&] { return status_of(registry.create_thing(thing_name("new"), {})); },
      [&] { return registry.update_thing(t, {}); },
      [&] { return registry.delete_thing(thing_name("spare")); },
      [&] { return registry.attach_thing_principal(t, device->arn); },
      [&] { return registry.detach_thing_principal(thing_name("attached"), device->arn); },
      [&] { return status_of(registry.create_thing_type(type_name("new"), {})); },
      [&] { return registry.deprecate_thing_type(type, false); },
      [&] { return registry.reset(false); },
  };
  QueueExecutor events;
  int told = 0;
  bus.subscribe<CertificateStatusChanged>(events, [&](const auto&) { ++told; });
  bus.subscribe<RegistryReset>(events, [&](const auto&) { ++told; });
  const auto generation = registry.generation();
  for (std::size_t i = 0; i < std::size(calls); ++i) {
    store.fail_after(0);
    EXPECT_THAT(calls[i](), FailsWith(Errc::io)) << "call " << i;
  }
  events.run();
  EXPECT_EQ(told, 0);
  EXPECT_EQ(registry.generation(), generation);
  EXPECT_EQ(*registry.ca(ca_record->id), ca_record);
  EXPECT_EQ(*registry.certificate(device->id), device);
  EXPECT_THAT(registry.certificate(leaf.id()), FailsWith(Errc::not_found));
  EXPECT_EQ((*registry.policy(p))->default_version, 1);
  EXPECT_EQ(registry.attached_policies(device->arn, {})->items.size(), 1U);
  EXPECT_EQ((*registry.thing(t))->version, 1);
  EXPECT_THAT(registry.thing(thing_name("new")), FailsWith(Errc::not_found));
  for (std::size_t i = 0; i < std::size(calls); ++i) {
    EXPECT_THAT(calls[i](), IsOk()) << "call " << i << " must not have left a trace of its failure";
  }
}

TEST_F(Stores, ResetForgetsEverything) {
  const auto ca = register_active(new_ca("Factory"));
  const auto code = *registry.registration_code();
  register_device("d");
  ASSERT_THAT(registry.create_policy(policy_name("p"), kAllowAll), IsOk());
  ASSERT_THAT(registry.create_thing_type(type_name("type"), {}), IsOk());
  ASSERT_THAT(registry.create_thing(thing_name("t"), {.type = type_name("type")}), IsOk());
  ASSERT_THAT(registry.reset(false), IsOk());
  EXPECT_THAT(registry.ca(ca->id), FailsWith(Errc::not_found));
  EXPECT_TRUE(registry.list_certificates({})->items.empty());
  EXPECT_TRUE(registry.list_policies({})->items.empty());
  EXPECT_TRUE(registry.list_things({})->items.empty());
  EXPECT_TRUE(registry.list_thing_types({})->items.empty());
  EXPECT_NE(*registry.registration_code(), code);
}

TEST_F(Stores, ResetMayKeepCas) {
  const auto identity = new_ca("Factory");
  const auto ca = register_active(identity);
  const auto code = *registry.registration_code();
  const auto leaf = new_device(identity, "d");
  ASSERT_THAT(registry.auto_register(leaf, *ca), IsOk());
  QueueExecutor events;
  bool kept = false;
  bus.subscribe<RegistryReset>(events, [&](const RegistryReset& e) { kept = e.kept_ca; });
  ASSERT_THAT(registry.reset(true), IsOk());
  events.run();
  EXPECT_TRUE(kept);
  EXPECT_EQ(*registry.ca(ca->id), ca);
  EXPECT_EQ(*registry.registration_code(), code);
  EXPECT_THAT(registry.certificate(leaf.id()), FailsWith(Errc::not_found));
  EXPECT_EQ(registry.find_issuer(leaf, {}).chosen, ca);
}

}  // namespace
}  // namespace iotemu::registry
