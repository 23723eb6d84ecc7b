#pragma once

// What the end-to-end tests share: an emulator with its own time, and the policies and identities they ask
// for. The environment variable IOTEMU_TEST_WORKERS runs the same tests with more than one worker.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>

#include "iotemu/device.h"
#include "iotemu/emulator.h"
#include "iotemu/testing.h"
#include "tests/support/source_dir.h"

namespace iotemu::tests {

inline Options test_options() {
  const char* workers = std::getenv("IOTEMU_TEST_WORKERS");
  return Options::for_tests(workers == nullptr ? 1 : static_cast<std::size_t>(std::stoul(workers)));
}

/// An RSA-2048 key that is nobody's: "ca" or "device". Making one takes longer than most tests.
inline std::string rsa_key(std::string_view name) {
  std::ifstream file{source_dir() + "/tests/support/keys/rsa-" + std::string{name} + ".pem"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Json allow(const Json& action, const Json& resource) {
  return {{"Effect", "Allow"}, {"Action", action}, {"Resource", resource}};
}

inline Json deny(const Json& action, const Json& resource) {
  return {{"Effect", "Deny"}, {"Action", action}, {"Resource", resource}};
}

inline std::string policy_document(const Json& statements) {
  return Json{{"Version", "2012-10-17"}, {"Statement", statements}}.dump();
}

inline std::string arn(const std::string& resource) {
  return "arn:aws:iot:us-east-1:123456789012:" + resource;
}

class EmulatorTest : public ::testing::Test {
 protected:
  explicit EmulatorTest(const Options& options = test_options()) : emu{options} {}

  /// Creates a policy or gives it a new default version.
  void set_policy(const std::string& name, const Json& statements) {
    const std::string document = policy_document(statements);
    if (emu.api("CreatePolicy", {{"policyName", name}, {"policyDocument", document}})) return;
    const ApiResult changed = emu.api(
        "CreatePolicyVersion", {{"policyName", name}, {"policyDocument", document}, {"setAsDefault", true}});
    ASSERT_THAT(changed, IsOk());
  }

  void attach_policy(const std::string& name, const std::string& certificate_id) {
    ASSERT_THAT(emu.api("AttachPolicy", {{"policyName", name}, {"target", arn("cert/" + certificate_id)}}),
                IsOk());
  }

  void set_status(const std::string& certificate_id, const std::string& status) {
    ASSERT_THAT(emu.api("UpdateCertificate", {{"certificateId", certificate_id}, {"newStatus", status}}),
                IsOk());
  }

  /// "" if the registry does not know the certificate.
  std::string status_of(const std::string& certificate_id) {
    const ApiResult answer = emu.api("DescribeCertificate", {{"certificateId", certificate_id}});
    return answer ? answer["certificateDescription"]["status"].get<std::string>() : std::string{};
  }

  /// A registered ACTIVE device with a policy of its own.
  Device active_device(const std::string& name, const Json& statements) {
    DeviceIdentity identity = known_ca().sign_device(name);
    register_certificate(identity, "ACTIVE");
    set_policy("policy-of-" + name, statements);
    attach_policy("policy-of-" + name, identity.certificate_id);
    return Device{emu, std::move(identity)};
  }
  /// One that may do everything.
  Device active_device(const std::string& name) { return active_device(name, {allow("iot:*", "*")}); }

  void register_certificate(const DeviceIdentity& identity, const std::string& status) {
    const ApiResult registered = emu.api("RegisterCertificateWithoutCA",
                                         {{"certificatePem", identity.certificate_pem}, {"status", status}});
    ASSERT_THAT(registered, IsOk());
  }

  /// A CA whose devices are registered by hand.
  CaFixture& known_ca() {
    if (!ca_) ca_ = emu.make_ca({.common_name = "Hand Registered CA"});
    return *ca_;
  }

  Emulator emu;

 private:
  std::optional<CaFixture> ca_;
};

/// The connected, accepted device. A test that goes on without one would only fail in a stranger place.
inline void connect(Device& device, const ConnectOptions& options = {}) {
  const Outcome outcome = device.connect(options);
  ASSERT_THAT(outcome, Accepted());
}

inline std::vector<std::string> payloads(const std::vector<ReceivedMessage>& messages) {
  std::vector<std::string> result;
  for (const ReceivedMessage& message : messages) result.push_back(message.payload);
  return result;
}

}  // namespace iotemu::tests
