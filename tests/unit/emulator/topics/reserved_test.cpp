#include "emulator/topics/reserved.h"

#include <gtest/gtest.h>

namespace iotemu::topics {
namespace {

struct PublishCase {
  std::string_view topic;
  PublishKind kind;
};

class ReservedPublish : public ::testing::TestWithParam<PublishCase> {};

// M section 2.7, column P.
INSTANTIATE_TEST_SUITE_P(
    Table, ReservedPublish,
    ::testing::Values(
        PublishCase{"plant/1", PublishKind::ordinary}, PublishCase{"aws/things", PublishKind::ordinary},
        PublishCase{"$aws/things/t/shadow/update", PublishKind::reserved},
        PublishCase{"$aws/things/t/shadow/name/s/get", PublishKind::reserved},
        PublishCase{"$aws/things/t/shadow/update/accepted", PublishKind::forbidden},
        PublishCase{"$aws/things/t/shadow/update/delta", PublishKind::forbidden},
        PublishCase{"$aws/things/t/jobs/start-next", PublishKind::reserved},
        PublishCase{"$aws/things/t/jobs/$next/get", PublishKind::reserved},
        PublishCase{"$aws/things/t/jobs/j1/update", PublishKind::reserved},
        PublishCase{"$aws/things/t/jobs/notify", PublishKind::forbidden},
        PublishCase{"$aws/events/presence/connected/c", PublishKind::forbidden},
        PublishCase{"$aws/events/certificates/registered/ca", PublishKind::forbidden},
        PublishCase{"$aws/certificates/create/json", PublishKind::request},
        PublishCase{"$aws/certificates/create-from-csr/cbor", PublishKind::request},
        PublishCase{"$aws/certificates/create/xml", PublishKind::reserved},
        PublishCase{"$aws/certificates/create/json/accepted", PublishKind::forbidden},
        PublishCase{"$aws/certificates/delete/json", PublishKind::forbidden},
        PublishCase{"$aws/provisioning-templates/t/provision/cbor", PublishKind::request},
        PublishCase{"$aws/provisioning-templates/t/provision/xml", PublishKind::reserved},
        PublishCase{"$aws/provisioning-templates/a/b/provision/json", PublishKind::forbidden},
        PublishCase{"$aws/rules/store", PublishKind::basic_ingest},
        PublishCase{"$aws/rules/store/a/b", PublishKind::basic_ingest},
        PublishCase{"$aws/rules/", PublishKind::forbidden},
        PublishCase{"$aws/rules//a", PublishKind::forbidden},
        PublishCase{"$aws/commands/things/t/executions/e/response/json", PublishKind::reserved},
        PublishCase{"$aws/commands/things/t/executions/e/request/json", PublishKind::forbidden},
        PublishCase{"$aws", PublishKind::forbidden}, PublishCase{"$SYS/broker", PublishKind::forbidden},
        PublishCase{"$share/g/t", PublishKind::forbidden}, PublishCase{"$", PublishKind::forbidden}));

TEST_P(ReservedPublish, IsClassifiedByTheTable) {
  EXPECT_EQ(classify_publish(GetParam().topic), GetParam().kind) << GetParam().topic;
}

struct SubscribeCase {
  std::string_view filter;
  bool allowed;
};

class ReservedSubscribe : public ::testing::TestWithParam<SubscribeCase> {};

// M section 2.7, column S; M3-45; RU-35.
INSTANTIATE_TEST_SUITE_P(
    Table, ReservedSubscribe,
    ::testing::Values(SubscribeCase{"plant/#", true}, SubscribeCase{"#", true}, SubscribeCase{"+/x", true},
                      SubscribeCase{"$aws/things/t/shadow/#", true},
                      SubscribeCase{"$aws/things/t/shadow/update/delta", true},
                      SubscribeCase{"$aws/things/t/shadow/name/s/update/documents", true},
                      SubscribeCase{"$aws/events/#", true}, SubscribeCase{"$aws/#", true},
                      SubscribeCase{"$aws/events/presence/connected/+", true},
                      SubscribeCase{"$aws/events/certificates/registered/ca", true},
                      SubscribeCase{"$aws/things/t/jobs/notify-next", true},
                      SubscribeCase{"$aws/things/t/jobs/$next/get/accepted", true},
                      SubscribeCase{"$aws/things/t/jobs/start-next", false},
                      SubscribeCase{"$aws/certificates/create/json/+", true},
                      SubscribeCase{"$aws/certificates/create/json", false},
                      SubscribeCase{"$aws/rules/#", false}, SubscribeCase{"$aws/rules/store/t", false},
                      SubscribeCase{"$SYS/#", false}, SubscribeCase{"$mine", false},
                      SubscribeCase{"$share/group/plant/#", true},
                      SubscribeCase{"$share/group/$SYS/#", false},
                      SubscribeCase{"$share/group/$aws/events/#", true}));

TEST_P(ReservedSubscribe, IsAllowedByTheTable) {
  EXPECT_EQ(may_subscribe(GetParam().filter), GetParam().allowed) << GetParam().filter;
}

}  // namespace
}  // namespace iotemu::topics
