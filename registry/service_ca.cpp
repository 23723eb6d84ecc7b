#include "registry/service_ca.h"

namespace iotemu::registry {
namespace {

/// The service puts its whole issuer text into one OU, which is longer than X.520 allows (P2.2).
constexpr std::string_view kIssuer = "Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US";
constexpr std::string_view kSubject = "AWS IoT Certificate";
constexpr std::chrono::minutes kBackdated{2};
constexpr std::size_t kSerialBytes = 20;

Time end_of_time() {
  using namespace std::chrono;
  return Time{sys_days{year{2049} / 12 / 31} + hours{23} + minutes{59} + seconds{59}};
}

pki::Profile device_profile(Time now, Random& random) {
  std::string serial(kSerialBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(serial.data()), serial.size()});
  serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // positive, and always 20 bytes
  return {.serial = std::move(serial),
          .subject = {{.name = "CN", .value = std::string{kSubject}}},
          .not_before = now - kBackdated,
          .not_after = end_of_time()};
}

}  // namespace

Result<pki::Identity> ServiceCa::identity(Time now) {
  const std::lock_guard lock{mutex_};
  if (!identity_) {
    auto made = pki::make_ca(
        pki::ca_profile({{.name = "OU", .value = std::string{kIssuer}}}, now - kBackdated, end_of_time()),
        pki::KeyKind::rsa_2048);
    if (!made) return made.error();
    identity_ = std::move(*made);
  }
  return *identity_;
}

Result<pki::Certificate> ServiceCa::issue(std::string_view public_key_der, Time now, Random& random) {
  return issue_until(end_of_time(), public_key_der, now, random);
}

Result<pki::Certificate> ServiceCa::issue_until(Time not_after, std::string_view public_key_der, Time now,
                                                Random& random) {
  const auto ca = identity(now);
  if (!ca) return ca.error();
  auto profile = device_profile(now, random);
  profile.not_after = not_after;
  return pki::issue_for_key(profile, public_key_der, *ca);
}

bool ServiceCa::is_issuer_of(const pki::Certificate& certificate) {
  const auto& names = certificate.issuer().attributes;
  return names.size() == 1 && names[0].value == kIssuer;
}

Result<pki::Certificate> ServiceCa::issue(const pki::Csr& csr, Time now, Random& random) {
  const auto ca = identity(now);
  if (!ca) return ca.error();
  return pki::issue_from_csr(device_profile(now, random), csr, *ca);
}

}  // namespace iotemu::registry
