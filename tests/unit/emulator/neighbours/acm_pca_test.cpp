// ACM PCA by its own clock: what cannot wait for a real client's time (P9.2 to P9.4).

#include "emulator/neighbours/acm_pca.h"

#include <functional>
#include <span>
#include <utility>

#include "base/base64.h"
#include "registry/pki/csr.h"
#include "registry/pki/extensions.h"
#include "registry/pki/verify.h"
#include "tests/unit/emulator/neighbours/neighbours_fixture.h"

namespace iotemu::neighbours {
namespace {

namespace pki = registry::pki;
using std::chrono::days;
using std::chrono::minutes;

class AcmPcaTest : public NeighboursTest {
 protected:
  http::Response call(const std::string& operation, const Json& input) {
    return json("acm-pca", "ACMPrivateCA." + operation, input);
  }
  Json ok(const std::string& operation, const Json& input) {
    const auto answer = call(operation, input);
    EXPECT_EQ(answer.status, 200U) << operation << ": " << answer.body;
    return Json::parse(answer.body);
  }
  Json of(const Json& more = Json::object()) const {
    Json input{{"CertificateAuthorityArn", arn}};
    input.update(more);
    return input;
  }
  Json create_input(const Json& more = Json::object()) const {
    Json input{{"CertificateAuthorityType", "ROOT"},
               {"CertificateAuthorityConfiguration",
                {{"KeyAlgorithm", "EC_prime256v1"},
                 {"SigningAlgorithm", "SHA256WITHECDSA"},
                 {"Subject", {{"CommonName", "root"}, {"Country", "DE"}}}}}};
    input.update(more);
    return input;
  }
  std::string create(const Json& more = Json::object()) {
    return ok("CreateCertificateAuthority", create_input(more)).at("CertificateAuthorityArn");
  }
  std::string status() {
    return ok("DescribeCertificateAuthority", of()).at("CertificateAuthority").at("Status");
  }
  Json order(const std::string& csr, const Json& more = Json::object()) const {
    Json input{{"Csr", to_base64(csr)},
               {"SigningAlgorithm", "SHA256WITHECDSA"},
               {"Validity", {{"Value", 30}, {"Type", "DAYS"}}}};
    input.update(more);
    return of(input);
  }
  /// An ACTIVE root that lives for `years`.
  void activate(int years = 10) {
    const auto issued =
        ok("IssueCertificate", order(ok("GetCertificateAuthorityCsr", of()).at("Csr"),
                                     {{"TemplateArn", "arn:aws:acm-pca:::template/RootCACertificate/V1"},
                                      {"Validity", {{"Value", years}, {"Type", "YEARS"}}}}));
    const std::string pem = ok("GetCertificate", of(issued)).at("Certificate");
    EXPECT_EQ(call("ImportCertificateAuthorityCertificate", of({{"Certificate", to_base64(pem)}})).status,
              200U);
  }
  pki::Certificate issue(const Json& more) {
    const auto arns = ok("IssueCertificate", order(device_csr, more));
    return *pki::Certificate::from_pem(ok("GetCertificate", of(arns)).at("Certificate").get<std::string>());
  }

  std::string arn{create()};
  pki::PrivateKey device_key{*pki::PrivateKey::generate(pki::KeyKind::ec_p256)};
  std::string device_csr{*pki::make_csr({{.name = "CN", .value = "d1"}}, device_key)};
};

TEST_F(AcmPcaTest, GivesTheSameCaForTheSameTokenForFiveMinutes) {  // P9.2
  const Json token{{"IdempotencyToken", "once"}};
  const auto first = create(token);
  clock.advance(minutes{5} - Duration{1});
  EXPECT_EQ(create(token), first);
  clock.advance(Duration{1});
  EXPECT_NE(create(token), first);
}

TEST_F(AcmPcaTest, DatesCertificatesByTheEmulatorsClock) {  // P9.2
  activate();
  const auto certificate = issue(Json::object());
  EXPECT_EQ(certificate.not_before(), clock.now() - minutes{60});
  EXPECT_EQ(certificate.not_after(), clock.now() + days{30});
  const auto until = [&](const char* type, std::int64_t value) {
    return issue({{"Validity", {{"Type", type}, {"Value", value}}}}).not_after();
  };
  using namespace std::chrono_literals;
  const auto date = [](std::chrono::year_month_day day) { return Time{std::chrono::sys_days{day}}; };
  EXPECT_EQ(until("MONTHS", 1), date(2026y / 2 / 1));
  EXPECT_EQ(until("YEARS", 2), date(2028y / 1 / 1));
  EXPECT_EQ(until("END_DATE", 270102030405), date(2027y / 1 / 2) + 3h + 4min + 5s);
  EXPECT_EQ(until("END_DATE", 20270102030405), date(2027y / 1 / 2) + 3h + 4min + 5s);
  EXPECT_EQ(until("ABSOLUTE", 1'800'000'000), Time{std::chrono::seconds{1'800'000'000}});
}

TEST_F(AcmPcaTest, EndsNoCertificateAfterItsOwnNorBeforeItBegins) {  // P9.2
  activate(1);
  for (const Json& validity :
       {Json{{"Type", "YEARS"}, {"Value", 2}}, Json{{"Type", "END_DATE"}, {"Value", 991301000000}},
        Json{{"Type", "ABSOLUTE"}, {"Value", 1}}, Json{{"Type", "DAYS"}, {"Value", 9'000'000'000}}}) {
    EXPECT_EQ(fault(call("IssueCertificate", order(device_csr, {{"Validity", validity}}))),
              "400 InvalidArgsException")
        << validity;
  }
}

TEST_F(AcmPcaTest, ExpiresWithItsCertificate) {
  activate(1);
  EXPECT_EQ(status(), "ACTIVE");
  clock.advance(days{366});
  EXPECT_EQ(status(), "EXPIRED");
  EXPECT_EQ(fault(call("IssueCertificate", order(device_csr))), "400 InvalidStateException");
}

TEST_F(AcmPcaTest, CanBeRestoredUntilItsDeletionIsPermanent) {  // P9.2
  activate();
  EXPECT_EQ(fault(call("DeleteCertificateAuthority", of())), "400 InvalidStateException");
  ok("UpdateCertificateAuthority", of({{"Status", "DISABLED"}}));
  ok("DeleteCertificateAuthority", of({{"PermanentDeletionTimeInDays", 7}}));
  EXPECT_EQ(status(), "DELETED");
  clock.advance(days{7} - Duration{1});
  ok("RestoreCertificateAuthority", of());
  EXPECT_EQ(status(), "DISABLED");
  ok("DeleteCertificateAuthority", of({{"PermanentDeletionTimeInDays", 7}}));
  clock.advance(days{7});
  EXPECT_EQ(fault(call("DescribeCertificateAuthority", of())), "400 ResourceNotFoundException");
}

TEST_F(AcmPcaTest, IssuesForADayAtMostAWeekInTheShortLivedMode) {
  arn = create({{"UsageMode", "SHORT_LIVED_CERTIFICATE"}});
  activate();
  EXPECT_EQ(fault(call("IssueCertificate", order(device_csr))), "400 InvalidArgsException");
  EXPECT_EQ(issue({{"Validity", {{"Type", "DAYS"}, {"Value", 7}}}}).not_after(), clock.now() + days{7});
}

TEST_F(AcmPcaTest, SignsOnlyItsOwnRequestBeforeItHasACertificate) {  // P9.2
  const Json root{{"TemplateArn", "arn:aws:acm-pca:::template/RootCACertificate/V1"}};
  EXPECT_EQ(fault(call("IssueCertificate", order(device_csr))), "400 InvalidStateException");
  EXPECT_EQ(fault(call("IssueCertificate", order(device_csr, root))), "400 InvalidArgsException");
  EXPECT_EQ(status(), "PENDING_CERTIFICATE");
}

TEST_F(AcmPcaTest, IssuesAndRevokesPerRealm) {
  activate();
  const auto mine = arn;
  region = "eu-west-1";
  EXPECT_EQ(fault(call("DescribeCertificateAuthority", of())), "400 ResourceNotFoundException");
  EXPECT_EQ(ok("ListCertificateAuthorities", Json::object()).at("CertificateAuthorities"), Json::array());
  neighbours.reset();
  region = "us-east-1";
  EXPECT_EQ(fault(call("DescribeCertificateAuthority", of())), "400 ResourceNotFoundException");
}

/// Somebody does something while a serial number is drawn.
class BusyRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    if (meanwhile) std::exchange(meanwhile, {})();
    random_.fill(bytes);
  }

  std::function<void()> meanwhile;

 private:
  SeededRandom random_{6};
};

TEST_F(AcmPcaTest, IssuesNothingThatAResetOvertakes) {
  BusyRandom busy;
  AcmPca pca{clock, busy};
  const Service& service = pca;
  const Realm realm;
  const std::string key{"test"};
  const auto ask = [&](const char* operation, const Json& input) {
    return service.find(operation)->run({.realm = realm, .access_key = key, .input = input});
  };
  arn = ask("CreateCertificateAuthority", create_input())->at("CertificateAuthorityArn");
  const auto input = order(ask("GetCertificateAuthorityCsr", of())->at("Csr"),
                           {{"TemplateArn", "arn:aws:acm-pca:::template/RootCACertificate/V1"}});
  EXPECT_TRUE(ask("IssueCertificate", input));
  busy.meanwhile = [&] { pca.reset(); };
  const auto issued = ask("IssueCertificate", input);
  ASSERT_FALSE(issued);
  EXPECT_EQ(issued.fault().name, "ResourceNotFoundException");
}

TEST_F(AcmPcaTest, TakesNoEndlessChain) {
  activate();
  const auto root = ok("GetCertificateAuthorityCertificate", of()).at("Certificate").get<std::string>();
  const auto top = arn;
  arn = create({{"CertificateAuthorityType", "SUBORDINATE"}});
  const auto csr = ok("GetCertificateAuthorityCsr", of()).at("Csr").get<std::string>();
  const auto mine = std::exchange(arn, top);
  const auto issued =
      ok("IssueCertificate",
         order(csr, {{"TemplateArn", "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"}}));
  const auto pem = ok("GetCertificate", of(issued)).at("Certificate").get<std::string>();
  arn = mine;
  const auto import = [&](const std::string& chain) {
    return call("ImportCertificateAuthorityCertificate",
                of({{"Certificate", to_base64(pem)}, {"CertificateChain", to_base64(chain)}}));
  };
  std::string chain;
  for (int i = 0; i < 17; ++i) chain += root + "\n";
  EXPECT_THAT(import(chain).body, testing::HasSubstr("more than 16 certificates"));
  EXPECT_THAT(import(root + std::string(65'536, '\n')).body, testing::HasSubstr("longer than 65536 bytes"));
  EXPECT_EQ(import(root).status, 200U);
}

TEST_F(AcmPcaTest, NamesWhereItsCrlAndItsResponderWouldBe) {  // P9.3
  arn = create(
      {{"RevocationConfiguration",
        {{"CrlConfiguration", {{"Enabled", true}, {"ExpirationInDays", 7}, {"S3BucketName", "crl-bucket"}}},
         {"OcspConfiguration", {{"Enabled", true}}}}}});
  activate();
  const auto certificate = issue(Json::object());
  EXPECT_THAT(certificate.der(), testing::HasSubstr("http://crl-bucket.s3.us-east-1.amazonaws.com/crl/"));
  EXPECT_THAT(certificate.der(), testing::HasSubstr("http://ocsp.acm-pca.us-east-1.amazonaws.com"));
  EXPECT_EQ(fault(call("UpdateCertificateAuthority",
                       of({{"RevocationConfiguration", {{"CrlConfiguration", {{"Enabled", true}}}}}}))),
            "400 InvalidArgsException");
}

}  // namespace
}  // namespace iotemu::neighbours
