// The decision table of a connect, P3.5: one test a row, each with TLS 1.2 and 1.3, with the leaf alone and
// with the chain, with EC and RSA keys (P appendix C.3 21–43, 46, 50). Rows 9 and 12 need fleet provisioning
// and certificate transfer, which do not exist yet: nothing can bring a certificate into those states.

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using std::chrono::hours;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Variant {
  ConnectOptions::Tls tls{};
  bool send_chain{};
  KeyKind key{};
};

std::string variant_name(const ::testing::TestParamInfo<Variant>& info) {
  return std::string{info.param.tls == ConnectOptions::Tls::v1_2 ? "Tls12" : "Tls13"} +
         (info.param.send_chain ? "Chain" : "Leaf") + (info.param.key == KeyKind::rsa_2048 ? "Rsa" : "Ec");
}

class ConnectTable : public EmulatorTest, public ::testing::WithParamInterface<Variant> {
 protected:
  [[nodiscard]] bool rsa() const { return GetParam().key == KeyKind::rsa_2048; }

  CaOptions with_key(CaOptions options) const {
    if (rsa()) options.private_key_pem = rsa_key("ca");
    return options;
  }
  CaFixture register_ca(const CaOptions& options) { return emu.register_ca(with_key(options)); }
  CaFixture make_ca(const CaOptions& options = {}) { return emu.make_ca(with_key(options)); }

  DeviceIdentity sign(const CaFixture& ca, DeviceOptions options = {}) const {
    options.common_name = "sn-0001";
    if (rsa()) options.private_key_pem = rsa_key("device");
    return ca.sign_device(options);
  }

  Outcome connect(const DeviceIdentity& identity, std::optional<std::string> server_name = "localhost") {
    Device device{emu, identity};
    return device.connect(
        {.tls = GetParam().tls, .send_chain = GetParam().send_chain, .server_name = std::move(server_name)});
  }

  /// "Close": no CONNACK, close_notify, and the reason on record.
  void expect_close(const Outcome& outcome, Refusal refusal) {
    EXPECT_THAT(outcome, RefusedBecause(refusal));
    EXPECT_EQ(outcome.connack, std::nullopt);
    EXPECT_EQ(outcome.ended, Outcome::Ended::close_notify) << outcome.text;
    ASSERT_FALSE(emu.refusals().empty());
    EXPECT_FALSE(emu.refusals().back().cause.empty());
    EXPECT_FALSE(emu.refusals().back().cure.empty());
  }

  void update_ca(const CaFixture& ca, Json change) {
    change["certificateId"] = ca.id();
    ASSERT_THAT(emu.api("UpdateCACertificate", change), IsOk());
  }

  /// A device of `ca`, ACTIVE, with a policy that allows everything.
  DeviceIdentity active(const CaFixture& ca, const DeviceOptions& options = {}) {
    DeviceIdentity identity = sign(ca, options);
    register_certificate(identity, "ACTIVE");
    set_policy("everything", {allow("iot:*", "*")});
    attach_policy("everything", identity.certificate_id);
    return identity;
  }

  Recorder events = emu.record("$aws/events/certificates/registered/+");
};

INSTANTIATE_TEST_SUITE_P(Connect, ConnectTable,
                         ::testing::Values(Variant{ConnectOptions::Tls::v1_2, false, KeyKind::ec_p256},
                                           Variant{ConnectOptions::Tls::v1_2, true, KeyKind::ec_p256},
                                           Variant{ConnectOptions::Tls::v1_3, false, KeyKind::ec_p256},
                                           Variant{ConnectOptions::Tls::v1_3, true, KeyKind::ec_p256},
                                           Variant{ConnectOptions::Tls::v1_2, false, KeyKind::rsa_2048},
                                           Variant{ConnectOptions::Tls::v1_2, true, KeyKind::rsa_2048},
                                           Variant{ConnectOptions::Tls::v1_3, false, KeyKind::rsa_2048},
                                           Variant{ConnectOptions::Tls::v1_3, true, KeyKind::rsa_2048}),
                         variant_name);

TEST_P(ConnectTable, Row1NoCertificateIsRefusedInTheHandshake) {
  const CaFixture ca = register_ca({.auto_registration = true});
  Device device{emu, sign(ca)};

  const Outcome outcome = device.connect({.tls = GetParam().tls, .send_certificate = false});

  EXPECT_THAT(outcome, RefusedBecause(Refusal::no_client_certificate));
  EXPECT_EQ(outcome.connack, std::nullopt);
  EXPECT_NE(outcome.ended, Outcome::Ended::timeout);
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row2UnknownCertificateOfAnUnknownCaIsClosed) {
  const DeviceIdentity identity = sign(make_ca());
  expect_close(connect(identity), Refusal::ca_unknown);
  EXPECT_EQ(status_of(identity.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row3UnknownCertificateOfAnInactiveCaIsClosed) {
  for (const bool auto_registration : {false, true}) {
    const CaFixture ca = register_ca({.common_name = auto_registration ? "Open" : "Shut",
                                      .active = false,
                                      .auto_registration = auto_registration});
    const DeviceIdentity identity = sign(ca);
    expect_close(connect(identity), Refusal::ca_inactive);
    EXPECT_EQ(status_of(identity.certificate_id), "");
  }
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row4UnknownCertificateOfACaWithoutAutoRegistrationIsClosed) {
  const DeviceIdentity identity = sign(register_ca({.auto_registration = false}));
  expect_close(connect(identity), Refusal::auto_registration_disabled);
  EXPECT_EQ(status_of(identity.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row5UnknownCertificateIsRegisteredAnnouncedAndClosed) {
  const CaFixture ca = register_ca({.auto_registration = true});
  const DeviceIdentity identity = sign(ca);
  expect_close(connect(identity), Refusal::certificate_pending);

  const Json record =
      emu.api("DescribeCertificate", {{"certificateId", identity.certificate_id}})["certificateDescription"];
  EXPECT_EQ(record["status"], "PENDING_ACTIVATION");
  EXPECT_EQ(record["caCertificateId"], ca.id());
  EXPECT_EQ(record["certificateMode"], "DEFAULT");
  EXPECT_EQ(record["certificatePem"], identity.certificate_pem);
  ASSERT_THAT(events.json(), SizeIs(1));
  EXPECT_TRUE(events.json()[0]["certificateRegistrationTimestamp"].is_null());
}

TEST_P(ConnectTable, Row6CaWithATemplateRegistersAnnouncesAndProvisions) {
  const CaFixture ca = register_ca({.auto_registration = true});
  set_policy("everything", {allow("iot:*", "*")});
  update_ca(ca, {{"registrationConfig",
                  {{"templateBody", R"({"Resources": {
                      "certificate": {"Type": "AWS::IoT::Certificate",
                                      "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
                      "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "everything"}}}})"},
                   {"roleArn", "arn:aws:iam::123456789012:role/JITPRole"}}}});
  const DeviceIdentity identity = sign(ca);
  expect_close(connect(identity), Refusal::certificate_pending);
  EXPECT_EQ(status_of(identity.certificate_id), "ACTIVE");
  EXPECT_THAT(connect(identity), Accepted());
  EXPECT_THAT(events.messages(), SizeIs(1));
}

TEST_P(ConnectTable, Row6CaWithATemplateThatFailsLeavesTheCertificatePending) {
  const CaFixture ca = register_ca({.auto_registration = true});
  update_ca(ca, {{"registrationConfig", {{"templateBody", R"({"Resources":{}})"}}}});
  const DeviceIdentity identity = sign(ca);
  expect_close(connect(identity), Refusal::provisioning_failed);
  EXPECT_EQ(status_of(identity.certificate_id), "PENDING_ACTIVATION");
  EXPECT_THAT(events.messages(), SizeIs(1));
}

TEST_P(ConnectTable, Row7PendingCertificateIsAnnouncedAgainAndClosed) {
  const DeviceIdentity identity = sign(register_ca({.auto_registration = true}));
  expect_close(connect(identity), Refusal::certificate_pending);
  expect_close(connect(identity), Refusal::certificate_pending);
  EXPECT_EQ(status_of(identity.certificate_id), "PENDING_ACTIVATION");
  ASSERT_THAT(events.json(), SizeIs(2));
  EXPECT_TRUE(events.json()[1]["certificateRegistrationTimestamp"].is_string());
  EXPECT_TRUE(events.json()[1]["timestamp"].is_number());
}

TEST_P(ConnectTable, Row8PendingCertificateIsAnnouncedWhateverBecameOfItsCa) {
  const CaFixture ca = register_ca({.auto_registration = true});
  const DeviceIdentity identity = sign(ca);
  connect(identity);
  update_ca(ca, {{"newAutoRegistrationStatus", "DISABLE"}});
  expect_close(connect(identity), Refusal::certificate_pending);
  update_ca(ca, {{"newStatus", "INACTIVE"}});
  expect_close(connect(identity), Refusal::certificate_pending);
  ASSERT_THAT(emu.api("DeleteCACertificate", {{"certificateId", ca.id()}}), IsOk());
  expect_close(connect(identity), Refusal::certificate_pending);
  EXPECT_THAT(events.messages(), SizeIs(4));
}

TEST_P(ConnectTable, Row10InactiveCertificateIsClosed) {
  const DeviceIdentity identity = sign(make_ca());
  register_certificate(identity, "INACTIVE");
  expect_close(connect(identity), Refusal::certificate_inactive);
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row11RevokedCertificateIsClosed) {
  const DeviceIdentity identity = sign(make_ca());
  register_certificate(identity, "REVOKED");
  expect_close(connect(identity), Refusal::certificate_revoked);
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row13ActiveCertificateIsAcceptedWhateverItsCaIs) {
  const CaFixture ca = register_ca({.auto_registration = true});
  const DeviceIdentity identity = active(ca);
  const DeviceIdentity stranger = active(make_ca({.common_name = "Never Registered"}));
  EXPECT_THAT(connect(identity), Accepted());
  update_ca(ca, {{"newStatus", "INACTIVE"}});
  EXPECT_THAT(connect(identity), Accepted());
  ASSERT_THAT(emu.api("DeleteCACertificate", {{"certificateId", ca.id()}}), IsOk());
  EXPECT_THAT(connect(identity), Accepted());
  EXPECT_THAT(connect(stranger), Accepted());
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row14ActiveCertificateWithoutPermissionToConnectIsClosedWithoutConnack) {
  const DeviceIdentity identity = sign(make_ca());
  register_certificate(identity, "ACTIVE");
  expect_close(connect(identity), Refusal::connect_denied);

  set_policy("others-only", {allow("iot:Connect", arn("client/somebody-else"))});
  attach_policy("others-only", identity.certificate_id);
  expect_close(connect(identity), Refusal::connect_denied);
}

TEST_P(ConnectTable, Row15ExpiredActiveCertificateIsClosedAndStaysActive) {
  const DeviceIdentity identity = active(make_ca(), {.valid_until = hours{1}});
  EXPECT_THAT(connect(identity), Accepted());
  emu.advance(hours{2});
  expect_close(connect(identity), Refusal::certificate_expired);
  EXPECT_EQ(status_of(identity.certificate_id), "ACTIVE");
}

TEST_P(ConnectTable, Row16NotYetValidActiveCertificateIsClosed) {
  const DeviceIdentity identity = active(make_ca(), {.valid_from = hours{1}});
  expect_close(connect(identity), Refusal::certificate_not_yet_valid);
  emu.advance(hours{2});
  EXPECT_THAT(connect(identity), Accepted());
}

TEST_P(ConnectTable, Row17UnknownCertificateOutsideItsValidityIsClosed) {
  const CaFixture ca = register_ca({.auto_registration = true});
  const DeviceIdentity expired = sign(ca, {.valid_until = -hours{1}});
  const DeviceIdentity early = sign(ca, {.valid_from = hours{1}});
  expect_close(connect(expired), Refusal::certificate_expired);
  expect_close(connect(early), Refusal::certificate_not_yet_valid);
  EXPECT_EQ(status_of(expired.certificate_id), "");
  EXPECT_EQ(status_of(early.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row18UnknownCertificateOfAnExpiredCaIsClosedWhileItsActiveOnesConnect) {
  const CaFixture ca = register_ca({.auto_registration = true, .valid_until = hours{1}});
  const DeviceIdentity known = active(ca);
  const DeviceIdentity unknown = sign(ca, {.valid_until = hours{10}});
  emu.advance(hours{2});
  expect_close(connect(unknown), Refusal::ca_expired);
  EXPECT_EQ(status_of(unknown.certificate_id), "");
  EXPECT_THAT(connect(known), Accepted());
}

TEST_P(ConnectTable, Row19LeafOfANamesakeCaIsClosed) {
  register_ca({.common_name = "Factory CA", .auto_registration = true});
  const CaFixture forged = emu.make_ca(
      {.common_name = "Factory CA", .private_key_pem = rsa() ? rsa_key("device") : std::string{}});
  const DeviceIdentity identity = forged.sign_device("sn-0001");
  expect_close(connect(identity), Refusal::ca_unknown);
  EXPECT_EQ(status_of(identity.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
}

TEST_P(ConnectTable, Row21SniOnlyCaRegistersOnlyWithAServerName) {
  const DeviceIdentity identity = sign(register_ca({.auto_registration = true, .sni_only = true}));
  expect_close(connect(identity, std::nullopt), Refusal::sni_missing);
  EXPECT_EQ(status_of(identity.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
  expect_close(connect(identity), Refusal::certificate_pending);
  EXPECT_EQ(status_of(identity.certificate_id), "PENDING_ACTIVATION");
  EXPECT_THAT(events.messages(), SizeIs(1));
}

TEST_P(ConnectTable, Row22UnknownSelfSignedCertificateIsClosed) {
  const DeviceIdentity identity = make_ca({.common_name = "Myself"}).as_device();
  expect_close(connect(identity), Refusal::ca_unknown);
  EXPECT_EQ(status_of(identity.certificate_id), "");
}

TEST_P(ConnectTable, Row23CaCertificateItselfIsNoDevice) {
  const DeviceIdentity identity = register_ca({.auto_registration = true}).as_device();
  expect_close(connect(identity), Refusal::ca_unknown);
  EXPECT_EQ(status_of(identity.certificate_id), "");
  EXPECT_THAT(events.messages(), IsEmpty());
}

/// The public half of `certificate_holder`'s EC key with the private half of `key_holder`'s: what a thief of
/// a certificate would have to present.
std::string mismatched_key(const DeviceIdentity& certificate_holder, const DeviceIdentity& key_holder) {
  const auto read = [](const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
    return std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>{
        PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  };
  const auto own = read(certificate_holder.private_key_pem);
  const auto other = read(key_holder.private_key_pem);
  std::array<unsigned char, 133> point{};
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(own.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size);
  BIGNUM* secret = nullptr;
  EVP_PKEY_get_bn_param(other.get(), OSSL_PKEY_PARAM_PRIV_KEY, &secret);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder{OSSL_PARAM_BLD_new(),
                                                                                &OSSL_PARAM_BLD_free};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), size);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder.get());
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out, &text);
  std::string pem{text, static_cast<std::size_t>(length)};
  BIO_free(out);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  BN_clear_free(secret);
  return pem;
}

class WrongKey : public EmulatorTest, public ::testing::WithParamInterface<ConnectOptions::Tls> {};

std::string tls_name(const ::testing::TestParamInfo<ConnectOptions::Tls>& info) {
  return info.param == ConnectOptions::Tls::v1_2 ? "Tls12" : "Tls13";
}

INSTANTIATE_TEST_SUITE_P(Connect, WrongKey,
                         ::testing::Values(ConnectOptions::Tls::v1_2, ConnectOptions::Tls::v1_3), tls_name);

TEST_P(WrongKey, Row20HandshakeFailsWithDecryptErrorAndRegistersNothing) {
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  DeviceIdentity identity = ca.sign_device("sn-0001");
  identity.private_key_pem = mismatched_key(identity, ca.sign_device("thief"));
  Device device{emu, identity};

  const Outcome outcome = device.connect({.tls = GetParam()});

  EXPECT_THAT(outcome, RefusedBecause(Refusal::handshake_failed));
  EXPECT_EQ(outcome.ended, Outcome::Ended::alert) << outcome.text;
  EXPECT_EQ(outcome.alert, 51);
  EXPECT_EQ(status_of(identity.certificate_id), "");
}

}  // namespace
}  // namespace iotemu::tests
