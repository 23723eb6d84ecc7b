#include "emulator/neighbours/pca_issue.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "emulator/neighbours/pca_extensions.h"
#include "emulator/neighbours/pca_template.h"
#include "registry/pki/csr.h"
#include "registry/pki/extensions.h"

namespace iotemu::neighbours {
namespace {

namespace pki = registry::pki;
using std::chrono::days;
using std::chrono::seconds;

constexpr std::chrono::minutes kBackdated{60};  // P9.2
constexpr days kShortLived{7};
/// Beyond any date that a certificate can hold; keeps the arithmetic in range.
constexpr std::int64_t kMostUnits = 4'000'000;
constexpr Time kLastDate{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

Fault invalid(std::string message) {
  return {"InvalidArgsException", std::move(message)};
}

int two(std::string_view digits, std::size_t at) {
  return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
}

/// UTCTime `YYMMDDHHMMSS` or GeneralizedTime `YYYYMMDDHHMMSS`, as a number.
std::optional<Time> end_date(std::int64_t value) {
  auto digits = std::to_string(value);
  if (digits.size() < 12) digits.insert(0, 12 - digits.size(), '0');
  if (digits.size() == 12) digits.insert(0, two(digits, 0) < 50 ? "20" : "19");
  if (digits.size() != 14) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{two(digits, 0) * 100 + two(digits, 2)},
                                         std::chrono::month{static_cast<unsigned>(two(digits, 4))},
                                         std::chrono::day{static_cast<unsigned>(two(digits, 6))}};
  const int hours = two(digits, 8);
  const int minutes = two(digits, 10);
  const int second = two(digits, 12);
  if (!date.ok() || hours > 23 || minutes > 59 || second > 59) return std::nullopt;
  return Time{std::chrono::sys_days{date} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
              seconds{second}};
}

Time plus_months(Time now, std::int64_t months) {
  const auto day = std::chrono::floor<days>(now);
  auto date = std::chrono::year_month_day{day} + std::chrono::months{months};
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return std::chrono::sys_days{date} + (now - day);
}

std::optional<Time> validity_end(const Json& validity, Time now) {
  const auto& type = validity.at("Type").get_ref<const std::string&>();
  const auto value = validity.at("Value").get<std::int64_t>();
  if (type == "END_DATE") return end_date(value);
  if (type == "ABSOLUTE") {
    return value > kLastDate.time_since_epoch() / seconds{1} ? std::nullopt
                                                             : std::optional{Time{seconds{value}}};
  }
  if (value > kMostUnits) return std::nullopt;
  if (type == "DAYS") return now + days{value};
  const auto months = type == "YEARS" ? value * 12 : value;
  // A calendar year has 16 bits.
  if (months > 12 * 8'000) return std::nullopt;
  return plus_months(now, months);
}

struct Window {
  Time from{};
  Time to{};
};

Answer<Window> validity_of(const PcaOrder& order, const PcaTemplate& wanted) {
  Window window{.from = order.now - kBackdated};
  const auto end = validity_end(order.validity, order.now);
  if (!end || *end > kLastDate)
    return invalid("The Validity " + to_text(order.validity) + " is no possible date");
  window.to = std::chrono::floor<seconds>(*end);
  if (!order.validity_not_before.is_null()) {
    if (order.validity_not_before.at("Type") != "ABSOLUTE") {
      return invalid("The Type of ValidityNotBefore must be ABSOLUTE");
    }
    const auto from = validity_end(order.validity_not_before, order.now);
    if (!from) return invalid("ValidityNotBefore is no possible date");
    window.from = *from;
  }
  if (window.to <= window.from || window.to <= order.now) {
    return invalid("The certificate would have expired already when it is issued");
  }
  if (!wanted.is_root && order.authority.usage_mode == "SHORT_LIVED_CERTIFICATE" &&
      window.to > order.now + kShortLived) {
    return invalid("A CA in the mode SHORT_LIVED_CERTIFICATE issues certificates of at most 7 days");
  }
  if (!wanted.is_root && window.to > order.authority.certificate->not_after()) {
    return invalid("The certificate would outlive the certificate of its CA, which ends first");
  }
  return window;
}

Done check_path_length(const PcaOrder& order, const PcaTemplate& wanted) {
  if (!wanted.is_ca || wanted.is_root) return Ok{};
  const auto mine = pki::authority_facts(*order.authority.certificate).path_length;
  if (!mine || (wanted.path_length && *wanted.path_length < *mine)) return Ok{};
  return invalid("The template's path length must be smaller than that of the CA, which is " +
                 std::to_string(*mine));
}

/// The extensions of one certificate; the first source of an item wins: template, API, request (P9.3).
class Extensions {
 public:
  Done add(Result<pki::RawExtension> made) {
    if (!made) return invalid(made.error().message);
    offer(std::move(*made));
    return Ok{};
  }
  void offer(pki::RawExtension extension) {
    if (!has(extension.oid)) list_.push_back(std::move(extension));
  }
  [[nodiscard]] bool has(std::string_view oid) const {
    return std::ranges::find(list_, oid, &pki::RawExtension::oid) != list_.end();
  }
  void make_critical(std::string_view oid) {
    for (auto& extension : list_) {
      if (extension.oid == oid) extension.critical = true;
    }
  }
  [[nodiscard]] const std::vector<pki::RawExtension>& list() const { return list_; }

 private:
  std::vector<pki::RawExtension> list_;
};

Done add_fixed(Extensions& out, const PcaTemplate& wanted) {
  auto added = out.add(pki::basic_constraints({.ca = wanted.is_ca, .path_length = wanted.path_length},
                                              wanted.critical_constraints));
  if (added && !wanted.key_usage.empty()) added = out.add(pki::key_usage(wanted.key_usage));
  if (added && !wanted.extended_key_usage.empty()) {
    added = out.add(pki::extended_key_usage(wanted.extended_key_usage, wanted.critical_extended_key_usage));
  }
  return added;
}

/// Where a CRL and an OCSP responder would be, as the authority is configured.
Done add_revocation(Extensions& out, const PcaOrder& order) {
  const auto& configuration = order.authority.revocation;
  const auto crl = configuration.value("CrlConfiguration", Json::object());
  if (crl.value("Enabled", false)) {
    const auto uuid = order.authority.arn.substr(order.authority.arn.rfind('/') + 1);
    const auto host = crl.contains("CustomCname")
                          ? crl.at("CustomCname").get<std::string>()
                          : crl.value("S3BucketName", "") + ".s3." + order.realm.region + ".amazonaws.com";
    auto added = out.add(pki::crl_distribution_point("http://" + host + "/crl/" + uuid + ".crl"));
    if (!added) return added;
  }
  const auto ocsp = configuration.value("OcspConfiguration", Json::object());
  if (!ocsp.value("Enabled", false)) return Ok{};
  const auto host = ocsp.value("OcspCustomCname", "ocsp.acm-pca." + order.realm.region + ".amazonaws.com");
  constexpr const char* kOcsp = "1.3.6.1.5.5.7.48.1";
  return out.add(pki::information_access(
      pki::oid::kAuthorityInformationAccess,
      {{.method_oid = kOcsp, .location = {.kind = pki::GeneralName::Kind::uri, .value = "http://" + host}}}));
}

/// A base template takes the alternative names of the request and nothing else; key identifiers come from the
/// keys.
Done add_requested(Extensions& out, const PcaOrder& order, const PcaTemplate& wanted) {
  auto requested = pki::requested_extensions(order.csr_pem);
  if (!requested) return Fault{"MalformedCSRException", requested.error().message};
  for (auto& extension : *requested) {
    const bool names = extension.oid == pki::oid::kSubjectAlternativeName;
    if (names || wanted.takes_csr_extensions) out.offer(std::move(extension));
  }
  return Ok{};
}

Answer<Extensions> extensions_of(const PcaOrder& order, const PcaTemplate& wanted,
                                 std::string_view public_key, bool has_subject) {
  Extensions out;
  const auto own_id = pki::key_identifier(public_key);
  if (!own_id) return invalid(own_id.error().message);
  if (!wanted.is_root)
    out.offer(pki::authority_key_identifier(order.authority.certificate->subject_key_id()));
  out.offer(pki::subject_key_identifier(*own_id));
  if (auto added = add_fixed(out, wanted); !added) return added.fault();
  if (auto added = add_revocation(out, order); !wanted.is_root && !added) return added.fault();
  if (order.api_passthrough.contains("Extensions")) {
    auto given = to_extensions(order.api_passthrough.at("Extensions"));
    if (!given) return given.fault();
    for (auto& extension : *given) out.offer(std::move(extension));
  }
  if (auto added = add_requested(out, order, wanted); !added) return added.fault();
  if (!has_subject) {
    if (!out.has(pki::oid::kSubjectAlternativeName)) {
      return Fault{"MalformedCSRException", "The CSR has neither a subject nor a subject alternative name"};
    }
    out.make_critical(pki::oid::kSubjectAlternativeName);  // RFC 5280, 4.1.2.6
  }
  return out;
}

Answer<std::string> subject_of(const PcaOrder& order, const std::string& requested) {
  if (!order.api_passthrough.contains("Subject")) return requested;
  auto subject = to_subject(order.api_passthrough.at("Subject"));
  if (!subject) return subject.fault();
  if (subject->empty()) return requested;
  auto der = pki::encode_name(*subject);
  if (!der) return invalid(der.error().message);
  return std::move(*der);
}

/// A name without attributes is an empty SEQUENCE of two bytes.
bool is_empty_name(std::string_view der) {
  return der.size() <= 2;
}

Done check_state(const PcaOrder& order, const PcaTemplate& wanted, const pki::Csr& csr) {
  const auto state = shown_state(order.authority, order.now);
  const bool pending = state == "PENDING_CERTIFICATE";
  if (state != "ACTIVE" && !(pending && order.authority.is_root)) {
    return Fault{"InvalidStateException", "The CA " + order.authority.arn + " is in the state " +
                                              std::string{state} + " and issues no certificates"};
  }
  if (pending && !wanted.is_root) {
    return Fault{
        "InvalidStateException",
        "The CA " + order.authority.arn +
            " has no certificate yet: issue it with the template RootCACertificate/V1 from the CA's own CSR "
            "and import it"};
  }
  if (!wanted.is_root) return Ok{};
  if (!order.authority.is_root)
    return invalid("The template " + wanted.name + " is for CAs of the type ROOT");
  if (csr.public_key_der != order.authority.key.public_key_der()) {
    return invalid("The template " + wanted.name + " signs nothing but the CA's own CSR");
  }
  return Ok{};
}

}  // namespace

std::optional<pki::Digest> digest_for(std::string_view signing_algorithm, bool elliptic) {
  struct Known {
    std::string_view name{};
    pki::Digest digest{pki::Digest::sha256};
    bool elliptic{false};
  };
  static constexpr std::array<Known, 6> kKnown{{{"SHA256WITHRSA", pki::Digest::sha256, false},
                                                {"SHA384WITHRSA", pki::Digest::sha384, false},
                                                {"SHA512WITHRSA", pki::Digest::sha512, false},
                                                {"SHA256WITHECDSA", pki::Digest::sha256, true},
                                                {"SHA384WITHECDSA", pki::Digest::sha384, true},
                                                {"SHA512WITHECDSA", pki::Digest::sha512, true}}};
  const auto* found = std::ranges::find(kKnown, signing_algorithm, &Known::name);
  if (found == kKnown.end() || found->elliptic != elliptic) return std::nullopt;
  return found->digest;
}

Answer<PcaIssued> issue_certificate(const PcaOrder& order) {
  auto wanted = find_template(order.template_arn);
  if (!wanted) return wanted.fault();
  auto csr = pki::Csr::from_pem(order.csr_pem);
  if (!csr) return Fault{"MalformedCSRException", csr.error().message};
  if (auto good = check_state(order, *wanted, *csr); !good) return good.fault();
  const auto digest = digest_for(order.signing_algorithm, pki::is_elliptic(order.authority.key));
  if (!digest) {
    return invalid("The signing algorithm " + order.signing_algorithm +
                   " does not go with the key of the CA");
  }
  if (!order.api_passthrough.is_null() && !wanted->takes_api) {
    return invalid("ApiPassthrough needs a template with APIPassthrough or APICSRPassthrough, not " +
                   wanted->name);
  }
  auto window = validity_of(order, *wanted);
  if (!window) return window.fault();
  if (auto good = check_path_length(order, *wanted); !good) return good.fault();
  auto subject = subject_of(order, csr->subject_der);
  if (!subject) return subject.fault();
  auto extensions = extensions_of(order, *wanted, csr->public_key_der, !is_empty_name(*subject));
  if (!extensions) return extensions.fault();

  const auto& authority = order.authority;
  const auto der =
      pki::sign_der({.serial = order.serial,
                     .not_before = window->from,
                     .not_after = window->to,
                     .basic_constraints = std::nullopt,
                     .key_usage = {},
                     .key_identifiers = false,
                     .extensions = extensions->list(),
                     .digest = *digest},
                    csr->public_key_der,
                    {.name_der = wanted->is_root ? *subject : authority.certificate->subject().der,
                     .key_id = {},
                     .key = authority.key},
                    *subject);
  if (!der) return invalid(der.error().message);
  auto pem = pki::certificate_pem(*der);
  while (pem.ends_with('\n')) pem.pop_back();
  return PcaIssued{.pem = std::move(pem), .self_signed = wanted->is_root};
}

}  // namespace iotemu::neighbours
