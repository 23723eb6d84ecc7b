#include "emulator/daemon/switches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::daemon {
namespace {

using namespace std::chrono_literals;

// P appendix B.1: every switch that is built, with a value that is not its default, and how the default is
// spelt.
struct Row {
  const char* name;
  const char* other;
  const char* standard;
  bool (*is_other)(const Options&);
};

class SwitchTable : public ::testing::TestWithParam<Row> {};

TEST_P(SwitchTable, ChoosesTheOtherReadingAndBack) {
  Options options;
  EXPECT_FALSE(GetParam().is_other(options));
  ASSERT_TRUE(set_switch(options, GetParam().name, GetParam().other));
  EXPECT_TRUE(GetParam().is_other(options));
  ASSERT_TRUE(set_switch(options, GetParam().name, GetParam().standard));
  EXPECT_FALSE(GetParam().is_other(options));
  EXPECT_FALSE(set_switch(options, GetParam().name, "nonsense"));
  EXPECT_FALSE(set_switch(options, GetParam().name, ""));
}

INSTANTIATE_TEST_SUITE_P(
    Switches, SwitchTable,
    ::testing::Values(
        Row{"refusal_mode", "handshake_alert", "close_after_connect",
            [](const Options& o) {
              return o.switches.refusal_mode == Switches::RefusalMode::handshake_alert;
            }},
        Row{"connack_on_denied", "7", "none",
            [](const Options& o) {
              return o.switches.connack_on_denied == Switches::ConnackOnDenied::code7;
            }},
        Row{"require_sni", "true", "false", [](const Options& o) { return o.switches.require_sni; }},
        Row{"connect_wait_s", "3", "10", [](const Options& o) { return o.limits.connect_wait == 3s; }},
        Row{"event_on_pending_with_inactive_ca", "false", "true",
            [](const Options& o) { return !o.switches.event_on_pending_with_inactive_ca; }},
        Row{"event_duplicates", "2", "0", [](const Options& o) { return o.switches.event_duplicates == 2; }},
        Row{"v3_subscribe_refusal", "suback80", "close",
            [](const Options& o) {
              return o.switches.v3_subscribe_refusal == Switches::SubscribeRefusal::suback80;
            }},
        Row{"denied_publish", "drop_ack", "close",
            [](const Options& o) { return o.switches.denied_publish == Switches::DeniedPublish::drop_ack; }},
        Row{"qos2", "silent", "close",
            [](const Options& o) { return o.switches.qos2 == Switches::Qos2::silent; }},
        Row{"throttle", "on", "off", [](const Options& o) { return o.switches.throttle; }},
        Row{"strict_connack", "true", "false", [](const Options& o) { return o.switches.strict_connack; }},
        Row{"revoked_is_final", "false", "true",
            [](const Options& o) { return !o.switches.revoked_is_final; }},
        Row{"expired_leaf", "accept", "refuse",
            [](const Options& o) { return o.switches.accept_expired_leaf; }},
        Row{"enforce_lambda_permission", "off", "on",
            [](const Options& o) { return !o.switches.enforce_lambda_permission; }},
        Row{"jitp_timing", "500ms", "before_close",
            [](const Options& o) { return o.switches.jitp_delay == 500ms; }},
        Row{"jitp_missing_parameter", "on_ref", "documented",
            [](const Options& o) {
              return o.switches.jitp_missing_parameter == Switches::JitpMissingParameter::on_ref;
            }},
        Row{"jitp_serial_fallback", "off", "on",
            [](const Options& o) { return !o.switches.jitp_serial_fallback; }},
        Row{"thing_type_delete_grace_s", "0", "300",
            [](const Options& o) { return o.switches.thing_type_delete_grace == 0s; }},
        Row{"delete_missing_thing", "404", "200",
            [](const Options& o) { return o.switches.delete_missing_thing_fails; }},
        Row{"describe_endpoint_legacy", "InvalidRequestException", "answer",
            [](const Options& o) { return !o.switches.describe_endpoint_legacy; }}),
    [](const auto& row) { return row.param.name; });

TEST(Switches, AreAllDescribedInTheHelp) {
  EXPECT_EQ(describe_switches().size(), 21U);
  EXPECT_THAT(describe_switches(), ::testing::Contains(::testing::HasSubstr("close | suback80")));
}

}  // namespace
}  // namespace iotemu::daemon
