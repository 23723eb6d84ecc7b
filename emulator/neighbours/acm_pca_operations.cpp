// The operations of ACM PCA with the rules of their members (P9.2).

#include <array>

#include "emulator/neighbours/acm_pca.h"
#include "emulator/neighbours/pca_extensions.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::Member;

constexpr std::array<std::string_view, 2> kTypes{"ROOT", "SUBORDINATE"};
constexpr std::array<std::string_view, 10> kKeyAlgorithms{
    "RSA_2048",     "RSA_3072",  "RSA_4096",  "EC_prime256v1", "EC_secp384r1",
    "EC_secp521r1", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87",     "SM2"};
constexpr std::array<std::string_view, 10> kSigningAlgorithms{
    "SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA", "SHA256WITHRSA", "SHA384WITHRSA",
    "SHA512WITHRSA",   "SM3WITHSM2",      "ML_DSA_44",       "ML_DSA_65",     "ML_DSA_87"};
constexpr std::array<std::string_view, 3> kKeyStandards{
    "FIPS_140_2_LEVEL_2_OR_HIGHER", "FIPS_140_2_LEVEL_3_OR_HIGHER", "CCPC_LEVEL_1_OR_HIGHER"};
constexpr std::array<std::string_view, 2> kUsageModes{"GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE"};
constexpr std::array<std::string_view, 7> kStates{
    "CREATING", "PENDING_CERTIFICATE", "ACTIVE", "DELETED", "DISABLED", "EXPIRED", "FAILED"};
constexpr std::array<std::string_view, 5> kValidityTypes{"END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"};
constexpr std::array<std::string_view, 2> kOwners{"SELF", "OTHER_ACCOUNTS"};
constexpr std::array<std::string_view, 2> kObjectAcls{"PUBLIC_READ", "BUCKET_OWNER_FULL_CONTROL"};
constexpr std::array<std::string_view, 8> kReasons{
    "UNSPECIFIED",         "KEY_COMPROMISE", "CERTIFICATE_AUTHORITY_COMPROMISE",
    "AFFILIATION_CHANGED", "SUPERSEDED",     "CESSATION_OF_OPERATION",
    "PRIVILEGE_WITHDRAWN", "A_A_COMPROMISE"};

Member arn(std::string_view name) {
  return body(name).length(5, 200);
}

Member authority_arn() {
  return arn("CertificateAuthorityArn").required();
}

Member idempotency_token() {
  return body("IdempotencyToken").length(1, 36);
}

Member tags_member() {
  return body("Tags")
      .list_of(
          body("member").structure({body("Key").required().length(1, 128), body("Value").length(0, 256)}))
      .length(1, kMaxPcaTags);
}

Member revocation_member() {
  return body("RevocationConfiguration")
      .structure(
          {body("CrlConfiguration")
               .structure({body("Enabled").required().boolean(), body("ExpirationInDays").integer(1, 5000),
                           body("CustomCname").length(0, 253), body("S3BucketName").length(3, 255),
                           body("S3ObjectAcl").one_of(kObjectAcls)}),
           body("OcspConfiguration")
               .structure({body("Enabled").required().boolean(), body("OcspCustomCname").length(0, 253)})});
}

Member validity(std::string_view name) {
  return body(name).structure(
      {body("Value").required().integer(1), body("Type").required().one_of(kValidityTypes)});
}

std::vector<Member> create_members() {
  return {body("CertificateAuthorityConfiguration")
              .required()
              .structure({body("KeyAlgorithm").required().one_of(kKeyAlgorithms),
                          body("SigningAlgorithm").required().one_of(kSigningAlgorithms),
                          asn1_subject("Subject").required(), csr_extensions()}),
          body("CertificateAuthorityType").required().one_of(kTypes),
          revocation_member(),
          idempotency_token(),
          body("KeyStorageSecurityStandard").one_of(kKeyStandards),
          tags_member(),
          body("UsageMode").one_of(kUsageModes)};
}

std::vector<Member> issue_members() {
  return {authority_arn(),
          body("Csr").required().length(1, 45'000),  // the model's 32768 bytes, in Base64
          body("SigningAlgorithm").required().one_of(kSigningAlgorithms),
          validity("Validity").required(),
          validity("ValidityNotBefore"),
          arn("TemplateArn"),
          api_passthrough(),
          idempotency_token()};
}

}  // namespace

AcmPca::AcmPca(const Clock& clock, Random& random)
    : Service{{.name = "acm-pca", .protocol = Protocol::json, .target = "ACMPrivateCA"}},
      clock_{clock},
      random_{random} {
  add("CreateCertificateAuthority", create_members(), &AcmPca::create, true);
  add("DescribeCertificateAuthority", {authority_arn()}, &AcmPca::describe);
  add("ListCertificateAuthorities",
      {body("NextToken").length(1, 500), body("MaxResults").integer(1, 1000),
       body("ResourceOwner").one_of(kOwners)},
      &AcmPca::list);
  add("UpdateCertificateAuthority", {authority_arn(), revocation_member(), body("Status").one_of(kStates)},
      &AcmPca::update);
  add("DeleteCertificateAuthority", {authority_arn(), body("PermanentDeletionTimeInDays").integer(7, 30)},
      &AcmPca::remove);
  add("RestoreCertificateAuthority", {authority_arn()}, &AcmPca::restore);
  add("GetCertificateAuthorityCsr", {authority_arn()}, &AcmPca::get_csr);
  add("ImportCertificateAuthorityCertificate",
      {authority_arn(), body("Certificate").required().length(1, 45'000),
       body("CertificateChain").length(0, 3'000'000)},
      &AcmPca::import_certificate, true);
  add("GetCertificateAuthorityCertificate", {authority_arn()}, &AcmPca::get_authority_certificate);
  add("IssueCertificate", issue_members(), &AcmPca::issue, true);
  add("GetCertificate", {authority_arn(), arn("CertificateArn").required()}, &AcmPca::get_certificate);
  add("RevokeCertificate",
      {authority_arn(), body("CertificateSerial").required().length(0, 128),
       body("RevocationReason").required().one_of(kReasons)},
      &AcmPca::revoke);
  add("TagCertificateAuthority", {authority_arn(), tags_member().required()}, &AcmPca::tag);
  add("UntagCertificateAuthority", {authority_arn(), tags_member().required()}, &AcmPca::untag);
  add("ListTags", {authority_arn(), body("NextToken").length(1, 500), body("MaxResults").integer(1, 1000)},
      &AcmPca::list_tags);
}

}  // namespace iotemu::neighbours
