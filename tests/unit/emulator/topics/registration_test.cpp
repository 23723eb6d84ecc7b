#include "emulator/topics/registration.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace iotemu::topics {
namespace {

const CertificateRegistered kEvent{.certificate_id = std::string(64, 'a'),
                                   .ca_certificate_id = std::string(64, 'c'),
                                   .account = "123456789012",
                                   .region = "us-east-1",
                                   .timestamp = 1'623'724'243'659};

TEST(RegistrationEvent, TopicEndsWithTheCaCertificateId) {
  EXPECT_EQ(registration_topic(kEvent), "$aws/events/certificates/registered/" + std::string(64, 'c'));
}

// P4.1: the sample, key by key.
TEST(RegistrationEvent, FirstPayloadHasNullAsTimeOfRegistration) {
  EXPECT_EQ(registration_payload(kEvent),
            R"({"certificateId":")" + std::string(64, 'a') + R"(","caCertificateId":")" +
                std::string(64, 'c') +
                R"(","timestamp":1623724243659,"certificateStatus":"PENDING_ACTIVATION",)"
                R"("awsAccountId":"123456789012","certificateRegistrationTimestamp":null})");
}

TEST(RegistrationEvent, LaterPayloadHasTextAsTimeOfRegistration) {
  CertificateRegistered later = kEvent;
  later.registered_at = 1'623'723'165'331;
  EXPECT_EQ(Json::parse(registration_payload(later))["certificateRegistrationTimestamp"], "1623723165331");
}

TEST(RegistrationEvent, ReadingAPayloadGivesTheEventBackWithWhatItDoesNotTell) {
  CertificateRegistered later = kEvent;
  later.registered_at = 1'623'723'165'331;
  const CertificateRegistered read = read_registration(
      registration_payload(later), {.account = "123456789012", .region = "eu-west-1"}, "sn-0001");
  EXPECT_EQ(read.certificate_id, later.certificate_id);
  EXPECT_EQ(read.certificate_arn, "arn:aws:iot:eu-west-1:123456789012:cert/" + later.certificate_id);
  EXPECT_EQ(read.timestamp, later.timestamp);
  EXPECT_EQ(read.registered_at, later.registered_at);
  EXPECT_EQ(read.client_id, "sn-0001");
}

}  // namespace
}  // namespace iotemu::topics
