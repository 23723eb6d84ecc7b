// Pre-provisioning hooks (P5.11): every answer a function can give, by every way to play one.

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/clock.h"
#include "tests/support/fleet_test.h"

namespace iotemu::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Options with_limit(Duration limit) {
  Options options = test_options();
  options.limits.provisioning_hook_timeout = limit;
  return options;
}

class ProvisioningHook : public FleetTest {
 protected:
  explicit ProvisioningHook(const Options& options = test_options()) : FleetTest{options} {
    create_template_with_hook("fleet", "gate");
  }
};

TEST_F(ProvisioningHook, IsAskedWithAllThatIsKnownAndItsOverridesAreLaidOverTheParameters) {
  Json event;
  emu.on_function("gate", [&](const Json& given) {
    event = given;
    return Json{{"allowProvisioning", true}, {"parameterOverrides", {{"SerialNumber", "from-the-hook"}}}};
  });
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  Json request = provision_request(created);
  const FleetAnswer answer = provision(claim, request);
  EXPECT_EQ(answer.text("thingName"), "sensor-from-the-hook");
  EXPECT_EQ(event, (Json{{"claimCertificateId", claim.identity().certificate_id},
                         {"certificateId", created.text("certificateId")},
                         {"certificatePem", created.text("certificatePem")},
                         {"templateArn", arn("provisioningtemplate/fleet")},
                         {"clientId", "claim"},
                         {"parameters", {{"SerialNumber", "0001"}}}}));
}

TEST_F(ProvisioningHook, OverridesMayAddWhatTheDeviceDidNotSend) {
  emu.on_function("gate", [](const Json&) {
    return Json{{"allowProvisioning", true}, {"parameterOverrides", {{"SerialNumber", "added"}}}};
  });
  Device claim = claimant("claim");
  Json request = provision_request(create_certificate(claim));
  request.erase("parameters");
  EXPECT_EQ(provision(claim, request).text("thingName"), "sensor-added");
}

TEST_F(ProvisioningHook, IsNotAskedBeforeTheTokenIsGood) {
  std::atomic<int> asked = 0;
  emu.on_function("gate", [&](const Json&) {
    ++asked;
    return Json{{"allowProvisioning", true}};
  });
  Device claim = claimant("claim");
  EXPECT_THAT(provision(claim, {{"certificateOwnershipToken", "unknown"}}),
              RejectedWith(400, "InvalidCertificateOwnershipToken"));
  EXPECT_EQ(asked, 0);
}

TEST_F(ProvisioningHook, EveryAnswerButAYesIsANo) {
  const std::vector<std::pair<Json, std::string>> answers{
      {{{"allowProvisioning", false}}, "allowProvisioning false"},
      {Json::object(), "no allowProvisioning"},
      {{{"allowProvisioning", "true"}}, "not a boolean"},
      {Json::array(), "not a JSON object"},
      {nullptr, "not a JSON object"},
      {{{"errorMessage", "no database"}, {"errorType", "Error"}}, "it failed: no database"},
      {{{"allowProvisioning", true}, {"parameterOverrides", {{"a", 1}}}}, "'a' is not a string"},
      {{{"allowProvisioning", true}, {"parameterOverrides", "a"}}, "parameterOverrides is not an object"},
  };
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  for (const auto& [given, reason] : answers) {
    emu.on_function("gate", [answer = given](const Json&) { return answer; });
    EXPECT_THAT(provision(claim, provision_request(created)), RejectedWith(403, "AccessDenied")) << reason;
    EXPECT_THAT(emu.explain("claim"), HasSubstr(reason));
    EXPECT_THAT(emu.explain("claim"), HasSubstr("for certificate " + created.text("certificateId")));
  }
  emu.on_function("gate", [](const Json&) -> Json { throw std::runtime_error{"out of paper"}; });
  const FleetAnswer answer = provision(claim, provision_request(created));
  EXPECT_THAT(answer, RejectedWith(403, "AccessDenied"));
  EXPECT_EQ(answer.text("errorMessage"), "Access denied") << "the reason is for the developer";
  EXPECT_THAT(emu.explain("claim"), HasSubstr("out of paper"));
  EXPECT_EQ(status_of(created.text("certificateId")), "PENDING_ACTIVATION");

  emu.on_function("gate", [](const Json&) { return Json{{"allowProvisioning", true}}; });
  EXPECT_THAT(provision(claim, provision_request(created)), IsAccepted()) << "the token is good all the same";
}

TEST_F(ProvisioningHook, FunctionThatNobodyPlaysNamesTheOptionThatMendsIt) {
  Device claim = claimant("claim");
  EXPECT_THAT(provision(claim, provision_request(create_certificate(claim))),
              RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(emu.explain("claim"), HasSubstr("--function gate="));
}

TEST_F(ProvisioningHook, OtherRequestsGoOnWhileOneWaitsForItsAnswer) {
  std::atomic<bool> open = false;
  emu.on_function("gate", [&](const Json&) {
    while (!open) std::this_thread::yield();
    return Json{{"allowProvisioning", true}};
  });
  create_template("no-hook");
  Device waiting = claimant("waiting");
  const FleetAnswer first = create_certificate(waiting);
  // QoS 1: the PUBACK says that the request is on its way, nothing waits for the answer.
  ASSERT_THAT(waiting.publish(provision_topic("fleet") + "json", provision_request(first).dump(), 1),
              Accepted());
  Device other = claimant("other", "no-hook");
  // `settle()` would wait for the hook: the answer is read from the connection itself.
  ASSERT_THAT(other.publish(kCreate + "json", "{]", 1), Accepted());
  while (other.ping().accepted && emu.explain("other").find("InvalidPayload") == std::string::npos) {
  }
  EXPECT_THAT(emu.explain("other"), HasSubstr("InvalidPayload"));
  open = true;
  EXPECT_TRUE(answer(waiting, provision_topic("fleet") + "json")->accepted);
}

class PatientHook : public ProvisioningHook {
 protected:
  PatientHook() : ProvisioningHook{with_limit(10min)} {}
};

TEST_F(PatientHook, BeyondAThousandUnderWayRequestsAreRejectedAtOnce) {
  std::promise<void> opened;
  emu.on_function("gate", [open = opened.get_future().share()](const Json&) {
    open.wait();
    return Json{{"allowProvisioning", true}};
  });
  Device claim = claimant("claim");
  const std::string request = provision_request(create_certificate(claim)).dump();
  for (int i = 0; i < 1001; ++i) {
    ASSERT_THAT(claim.publish(provision_topic("fleet") + "json", request), Accepted());
  }
  EXPECT_THAT(emu.explain("claim"), HasSubstr("429 Throttled"));
  opened.set_value();
  EXPECT_TRUE(emu.settle());
  Device other = claimant("other");
  EXPECT_THAT(provision(other, {{"certificateOwnershipToken", "unknown"}}),
              RejectedWith(400, "InvalidCertificateOwnershipToken"))
      << "the places are free again";
}

Options with_function(const std::string& target, Duration limit = 5s) {
  Options options = with_limit(limit);
  options.functions["gate"] = target;
  return options;
}

class CommandHook : public ProvisioningHook {
 protected:
  CommandHook()
      : ProvisioningHook{with_function(
            R"(exec:read event; case "$event" in *'"SerialNumber":"good"'*) allow=true;; *) allow=false;; esac; )"
            R"(echo "the event came" >&2; echo '{"allowProvisioning":'$allow'}')")} {}
};

TEST_F(CommandHook, GetsTheEventOnStdinAndAnswersOnStdout) {
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  EXPECT_THAT(provision(claim, provision_request(created, "bad")), RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(provision(claim, provision_request(created, "good")), IsAccepted());
}

class SlowHook : public ProvisioningHook {
 protected:
  SlowHook() : ProvisioningHook{with_function("exec:sleep 1000", 200ms)} {}
};

TEST_F(SlowHook, IsGivenUpAfterItsTimeLimit) {
  Device claim = claimant("claim");
  EXPECT_THAT(provision(claim, provision_request(create_certificate(claim))),
              RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(emu.explain("claim"), HasSubstr("had not answered after 200 ms"));
  emu.on_function("gate", [](const Json&) {
    const SystemClock clock;
    const Tick start = clock.tick();
    while (clock.tick() < start + 250ms) std::this_thread::yield();
    return Json{{"allowProvisioning", true}};
  });
  EXPECT_THAT(provision(claim, provision_request(create_certificate(claim))),
              RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(emu.explain("claim"), HasSubstr("had not answered after 200 ms"));
}

// P5.11: the limit runs from the call, whatever the code does.
TEST_F(SlowHook, ThatHangsDelaysNoRejectionAndIsNotHeardLater) {
  std::promise<void> opened;
  emu.on_function("gate", [open = opened.get_future().share()](const Json&) {
    open.wait();
    return Json{{"allowProvisioning", true}};
  });
  Device claim = claimant("claim");
  Device behind = claimant("behind");
  const FleetAnswer created = create_certificate(claim);
  const FleetAnswer other = create_certificate(behind);
  const std::string topic = provision_topic("fleet") + "json";
  ASSERT_THAT(claim.publish(topic, provision_request(created).dump(), 1), Accepted());
  ASSERT_THAT(behind.publish(topic, provision_request(other, "0002").dump(), 1), Accepted());
  // `settle()` would wait for the code that hangs.
  for (const char* client : {"claim", "behind"}) {
    while (claim.ping().accepted &&
           emu.explain(client).find("had not answered after 200 ms") == std::string::npos) {
    }
    EXPECT_THAT(emu.explain(client), HasSubstr("403 AccessDenied"));
  }
  opened.set_value();
  EXPECT_THAT(answer(claim, topic).value_or(FleetAnswer{}), RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(answer(behind, topic).value_or(FleetAnswer{}), RejectedWith(403, "AccessDenied"))
      << "it waited behind the one that hung";
  EXPECT_EQ(status_of(created.text("certificateId")), "PENDING_ACTIVATION");
}

}  // namespace
}  // namespace iotemu::tests
