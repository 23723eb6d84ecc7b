// An emulator in this process whose new devices are let in by a callback: AttachPolicy and UpdateCertificate.
// scripts/bench loads it with broker_load from outside, beside a webhook and a Lambda function that do the
// same.
//
//   jitr_host CA.crt READY_FILE       CA.key lies beside; READY_FILE gets {"mqttPort": …}

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>

#include "bench/measure.h"
#include "iotemu/emulator.h"

namespace {

using iotemu::bench::fail;

std::string contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("jitr_host CA.crt READY_FILE");
  const std::string authority{argv[1]};
  // Before there is a thread, so that no other takes them.
  sigset_t stop{};
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  auto options = iotemu::Options::for_tests();
  options.clock = iotemu::ClockMode::real;
  iotemu::Emulator emu{options};
  // The registry takes a CA without proof of its key in this mode.
  const auto registered = emu.api("RegisterCACertificate", {{"caCertificate", contents(authority)},
                                                            {"certificateMode", "SNI_ONLY"},
                                                            {"setAsActive", true},
                                                            {"allowAutoRegistration", true}});
  if (!registered) fail(registered.message);
  emu.api("CreatePolicy", {{"policyName", "jitr"},
                           {"policyDocument",
                            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect",
             "Resource":"arn:aws:iot:us-east-1:123456789012:client/${iot:Certificate.Subject.CommonName}"}]})"}});
  emu.on_certificate_registered([&](const iotemu::CertificateRegistered& event) {
    emu.api("AttachPolicy", {{"policyName", "jitr"}, {"target", event.certificate_arn}});
    emu.api("UpdateCertificate", {{"certificateId", event.certificate_id}, {"newStatus", "ACTIVE"}});
  });
  const std::string ready{argv[2]};
  std::ofstream{ready + ".new"} << R"({"mqttPort": )" << emu.mqtt_port() << "}\n";
  if (::rename((ready + ".new").c_str(), ready.c_str()) != 0) fail(ready + " cannot be written");
  int signal = 0;
  ::sigwait(&stop, &signal);
  return 0;
}
