#include "load/plan/outcome.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace iotemu::load {
namespace {

using Kind = Ending::Kind;

struct Case {
  const char* name;
  Ending ending;
  Outcome expected;
  bool mqtt5{false};
};

class EndOfAConnection : public ::testing::TestWithParam<Case> {};

TEST_P(EndOfAConnection, IsADecisionOrAnError) {
  EXPECT_EQ(outcome_of(GetParam().ending, GetParam().mqtt5), GetParam().expected)
      << outcome_of(GetParam().ending, GetParam().mqtt5).cause;
}

INSTANTIATE_TEST_SUITE_P(
    Table, EndOfAConnection,
    ::testing::Values(
        // P3.6: what a refused device sees.
        Case{"ClosedBeforeConnack", {Stage::connack, Kind::closed}, {true, "closed_before_connack"}},
        Case{
            "ResetBeforeConnack", {Stage::connack, Kind::failed, ECONNRESET}, {true, "reset_before_connack"}},
        Case{"AlertInTheHandshake", {Stage::tls, Kind::alert, 46}, {true, "alert_certificate_unknown"}},
        Case{"AlertAfterConnect", {Stage::connack, Kind::alert, 46}, {true, "alert_certificate_unknown"}},
        Case{"ConnackNotAuthorized", {Stage::connack, Kind::refused, 5}, {true, "connack_not_authorized"}},
        Case{"ConnackMqtt5", {Stage::connack, Kind::refused, 0x87}, {true, "connack_not_authorized"}, true},
        Case{"ConnackOfNoStandard", {Stage::connack, Kind::refused, 7}, {true, "connack_7"}},
        // What should not happen.
        Case{"NobodyListens", {Stage::tcp, Kind::failed, ECONNREFUSED}, {false, "connection_refused"}},
        Case{"TimedOutConnecting", {Stage::connack, Kind::failed, ETIMEDOUT}, {false, "timed_out"}},
        Case{"TimedOutOnline", {Stage::online, Kind::failed, ETIMEDOUT}, {false, "timed_out_online"}},
        Case{"NoPortsLeft", {Stage::tcp, Kind::failed, EADDRNOTAVAIL}, {false, "local_ports_exhausted"}},
        Case{"NoFilesLeft", {Stage::tcp, Kind::failed, EMFILE}, {false, "open_files_exhausted"}},
        Case{"ClosedInTheHandshake", {Stage::tls, Kind::closed}, {false, "closed_in_handshake"}},
        Case{"ResetInTheHandshake", {Stage::tls, Kind::failed, ECONNRESET}, {false, "reset_in_handshake"}},
        Case{"VersionsDoNotMeet", {Stage::tls, Kind::alert, 70}, {false, "alert_protocol_version"}},
        Case{"TheServerIsAnother",
             {Stage::tls, Kind::server_rejected, 62},
             {false, "server_certificate_rejected"}},
        Case{"NoMqtt", {Stage::connack, Kind::malformed}, {false, "malformed_answer"}},
        Case{"ClosedOnline", {Stage::online, Kind::closed}, {false, "closed_online"}},
        Case{"AlertOnline", {Stage::online, Kind::alert, 46}, {false, "alert_certificate_unknown"}},
        Case{"Disconnected",
             {Stage::online, Kind::disconnected, 0x8E},
             {false, "disconnect_session_taken_over"},
             true}),
    [](const auto& test) { return test.param.name; });

TEST(CausesOfALoad, AreAllThatAnEndOfAConnectionMayBeCalled) {
  const auto names = cause_names();
  for (const auto* one : {"closed_before_connack", "alert_certificate_unknown", "connack_not_authorized",
                          "connack_server_busy", "connack_77", "reset_before_connack"}) {
    EXPECT_TRUE(names.refusals.contains(std::string_view{one})) << one;
  }
  for (const auto* one : {"timed_out", "connection_refused", "tls_handshake", "alert_internal_error",
                          "alert_99", "disconnect_session_taken_over", "system_error_5", "subscribe_refused",
                          "unacknowledged", "server_certificate_rejected", "malformed_answer"}) {
    EXPECT_TRUE(names.errors.contains(std::string_view{one})) << one;
  }
  for (const auto* one : {"timedout", "Timed_out", "throttled", ""}) {
    EXPECT_FALSE(names.errors.contains(std::string_view{one})) << one;
  }
}

}  // namespace
}  // namespace iotemu::load
