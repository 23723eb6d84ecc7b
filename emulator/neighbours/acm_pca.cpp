#include "emulator/neighbours/acm_pca.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "emulator/neighbours/pca_extensions.h"
#include "emulator/neighbours/pca_faults.h"
#include "emulator/neighbours/pca_issue.h"
#include "registry/pki/csr.h"
#include "registry/pki/extensions.h"

namespace iotemu::neighbours {
namespace {

namespace pki = registry::pki;
using State = PcaAuthority::State;

constexpr std::chrono::minutes kIdempotent{5};  // P9.2
constexpr std::size_t kMaxAuthorities = 200;
constexpr std::int64_t kDeletionDays = 30;

struct Key {
  std::string_view name{};
  pki::KeyKind kind{pki::KeyKind::ec_p256};
  bool elliptic{true};
};

constexpr std::array<Key, 6> kKeys{{{"RSA_2048", pki::KeyKind::rsa_2048, false},
                                    {"RSA_3072", pki::KeyKind::rsa_3072, false},
                                    {"RSA_4096", pki::KeyKind::rsa_4096, false},
                                    {"EC_prime256v1", pki::KeyKind::ec_p256, true},
                                    {"EC_secp384r1", pki::KeyKind::ec_p384, true},
                                    {"EC_secp521r1", pki::KeyKind::ec_p521, true}}};

Fault invalid_args(std::string message) {
  return {"InvalidArgsException", std::move(message)};
}

/// `arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<id>`
bool is_authority_arn(std::string_view text) {
  return text.starts_with("arn:aws") && text.find(":acm-pca:") != text.npos &&
         text.find(":certificate-authority/") != text.npos;
}

Answer<PcaTags> read_tags(const Json& list) {
  PcaTags tags;
  for (const auto& tag : list) {
    const auto& key = tag.at("Key").get_ref<const std::string&>();
    if (key.starts_with("aws:"))
      return Fault{"InvalidTagException", "The tag key " + key + " begins with aws:"};
    if (!tags.emplace(key, tag.value("Value", "")).second) {
      return Fault{"InvalidTagException", "The tag key " + key + " is given twice"};
    }
  }
  return tags;
}

Done check_revocation(const Json& configuration) {
  const auto crl = configuration.value("CrlConfiguration", Json::object());
  if (!crl.value("Enabled", false)) return Ok{};
  if (!crl.contains("S3BucketName") || !crl.contains("ExpirationInDays")) {
    return invalid_args("A CRL that is enabled needs S3BucketName and ExpirationInDays");
  }
  log::warn("ACM PCA: a CRL is configured; certificates name it, but none is written",
            {{"bucket", crl.at("S3BucketName").get_ref<const std::string&>()}});
  return Ok{};
}

/// What DescribeCertificateAuthority shows when nothing was configured.
Json revocation_of(const Json& given) {
  Json result{{"CrlConfiguration", {{"Enabled", false}}}, {"OcspConfiguration", {{"Enabled", false}}}};
  result.update(given);
  return result;
}

}  // namespace

std::string_view shown_state(const PcaAuthority& authority, Time now) {
  const bool over = authority.certificate && now > authority.certificate->not_after();
  switch (authority.state) {
    case State::deleted:
      return "DELETED";
    case State::pending_certificate:
      return "PENDING_CERTIFICATE";
    case State::active:
      return over ? "EXPIRED" : "ACTIVE";
    case State::disabled:
      return over ? "EXPIRED" : "DISABLED";
  }
  return "FAILED";
}

std::string shown_pem(const pki::Certificate& certificate) {
  auto pem = certificate.pem();
  while (pem.ends_with('\n')) pem.pop_back();
  return pem;
}

std::string shown_chain(const std::vector<pki::Certificate>& chain) {
  std::string text;
  for (const auto& certificate : chain) {
    if (!text.empty()) text += '\n';
    text += shown_pem(certificate);
  }
  return text;
}

void AcmPca::reset() {
  const std::lock_guard lock{mutex_};
  homes_.clear();
  ++epoch_;
}

PcaHome* AcmPca::home(const Realm& realm) {
  const auto found = homes_.find(realm);
  if (found == homes_.end()) return nullptr;
  auto& home = found->second;
  const auto now = clock_.now();
  std::erase_if(home.authorities, [&](const auto& entry) {
    if (entry.second->state != State::deleted || now < entry.second->restorable_until) return false;
    std::erase_if(home.certificates,
                  [&](const auto& issued) { return issued.first.starts_with(entry.first + "/"); });
    return true;
  });
  return &home;
}

Answer<PcaHome*> AcmPca::home_to_fill(const Realm& realm) {
  if (!homes_.contains(realm) && homes_.size() >= kMaxHomes) return too_many_homes("LimitExceededException");
  homes_.try_emplace(realm);
  return home(realm);
}

std::optional<std::string> AcmPca::earlier(PcaHome& home, const std::string& token) const {
  std::erase_if(home.tokens, [now = clock_.now()](const auto& entry) { return entry.second.until <= now; });
  const auto found = home.tokens.find(token);
  if (found == home.tokens.end()) return std::nullopt;
  return found->second.arn;
}

void AcmPca::remember(PcaHome& home, const std::string& token, const std::string& arn) const {
  home.tokens[token] = {.arn = arn, .until = clock_.now() + kIdempotent};
}

Answer<PcaAuthorityPtr> AcmPca::find(const Question& question) {
  const auto arn = question.str("CertificateAuthorityArn");
  if (!is_authority_arn(arn)) {
    return Fault{"InvalidArnException", "The ARN " + arn + " is not that of a certificate authority"};
  }
  const std::lock_guard lock{mutex_};
  const auto* mine = home(question.realm);
  if (mine == nullptr || !mine->authorities.contains(arn)) return no_authority(arn);
  return mine->authorities.at(arn);
}

Answer<Json> AcmPca::replace(const Question& question, const Change& change, const PcaAuthorityPtr& before) {
  if (auto exists = find(question); !exists) return exists.fault();
  const std::lock_guard lock{mutex_};
  const auto arn = question.str("CertificateAuthorityArn");
  auto* mine = home(question.realm);
  if (mine == nullptr || !mine->authorities.contains(arn)) return no_authority(arn);
  auto& current = mine->authorities.at(arn);
  if (before != nullptr && before != current) {
    return Fault{"ConcurrentModificationException", "The CA " + arn + " has been changed meanwhile"};
  }
  auto next = std::make_shared<PcaAuthority>(*current);
  if (auto changed = change(*next); !changed) return changed.fault();
  if (next->state != current->state) next->changed_at = clock_.now();
  current = std::move(next);
  return Json::object();
}

Answer<Json> AcmPca::create(const Question& question) {
  const auto& input = question.input;
  const auto& configuration = input.at("CertificateAuthorityConfiguration");
  const auto& algorithm = configuration.at("KeyAlgorithm").get_ref<const std::string&>();
  const auto& signing = configuration.at("SigningAlgorithm").get_ref<const std::string&>();
  const auto* kind = std::ranges::find(kKeys, algorithm, &Key::name);
  if (kind == kKeys.end()) return invalid_args("The key algorithm " + algorithm + " is not emulated");
  const auto digest = digest_for(signing, kind->elliptic);
  if (!digest)
    return invalid_args("The signing algorithm " + signing + " does not go with the key " + algorithm);
  auto subject = to_subject(configuration.at("Subject"));
  if (!subject) return subject.fault();
  if (subject->empty()) return invalid_args("The Subject has no attribute");
  auto extensions = to_csr_extensions(configuration.value("CsrExtensions", Json::object()));
  if (!extensions) return extensions.fault();
  auto tags = read_tags(input.value("Tags", Json::array()));
  if (!tags) return tags.fault();
  const auto revocation = input.value("RevocationConfiguration", Json::object());
  if (auto good = check_revocation(revocation); !good) return good.fault();

  const auto token =
      question.str("IdempotencyToken").empty() ? "" : "create " + question.str("IdempotencyToken");
  std::uint64_t epoch = 0;
  {
    const std::lock_guard lock{mutex_};
    epoch = epoch_;
    const auto filled = home_to_fill(question.realm);
    if (!filled) return filled.fault();
    auto& mine = **filled;
    if (const auto done = earlier(mine, token)) return Json{{"CertificateAuthorityArn", *done}};
    if (mine.authorities.size() >= kMaxAuthorities) {
      return Fault{"LimitExceededException", "There are " + std::to_string(kMaxAuthorities) + " CAs already"};
    }
  }
  auto key = pki::PrivateKey::generate(kind->kind);
  if (!key) return Fault{"InternalFailure", key.error().message, 500};
  auto csr = pki::make_csr(*subject, *key, *extensions, *digest);
  const auto subject_der = pki::encode_name(*subject);
  if (!csr || !subject_der) return invalid_args(csr ? subject_der.error().message : csr.error().message);

  const std::lock_guard lock{mutex_};
  if (epoch != epoch_) {
    return Fault{"ConcurrentModificationException", "The emulator was reset while the keys were made"};
  }
  auto& mine = *home(question.realm);
  // The same token may have come twice while the keys were made.
  if (const auto done = earlier(mine, token)) return Json{{"CertificateAuthorityArn", *done}};
  const auto now = clock_.now();
  const auto arn = "arn:" + std::string{partition(question.realm.region)} +
                   ":acm-pca:" + question.realm.region + ":" + question.realm.account +
                   ":certificate-authority/" + random_.uuid();
  mine.authorities[arn] = std::make_shared<const PcaAuthority>(
      PcaAuthority{.arn = arn,
                   .number = mine.next_number++,
                   .is_root = input.at("CertificateAuthorityType") == "ROOT",
                   .signing_algorithm = signing,
                   .usage_mode = input.value("UsageMode", "GENERAL_PURPOSE"),
                   .key_standard = input.value("KeyStorageSecurityStandard", "FIPS_140_2_LEVEL_3_OR_HIGHER"),
                   .configuration = configuration,
                   .revocation = revocation_of(revocation),
                   .tags = std::move(*tags),
                   .created_at = now,
                   .changed_at = now,
                   .key = std::move(*key),
                   .subject_der = *subject_der,
                   .csr = std::move(*csr)});
  if (!token.empty()) remember(mine, token, arn);
  return Json{{"CertificateAuthorityArn", arn}};
}

Json AcmPca::described(const PcaAuthority& authority) const {
  constexpr std::string_view kBeforeRegion = ":certificate-authority/";
  const auto resource = authority.arn.find(kBeforeRegion);
  const auto account = authority.arn.substr(authority.arn.rfind(':', resource - 1) + 1);
  Json result{{"Arn", authority.arn},
              {"OwnerAccount", account.substr(0, account.find(':'))},
              {"CreatedAt", epoch_seconds(authority.created_at)},
              {"LastStateChangeAt", epoch_seconds(authority.changed_at)},
              {"Type", authority.is_root ? "ROOT" : "SUBORDINATE"},
              {"Status", shown_state(authority, clock_.now())},
              {"CertificateAuthorityConfiguration", authority.configuration},
              {"RevocationConfiguration", authority.revocation},
              {"KeyStorageSecurityStandard", authority.key_standard},
              {"UsageMode", authority.usage_mode}};
  if (authority.certificate) {
    result["Serial"] = authority.certificate->serial_hex();
    result["NotBefore"] = epoch_seconds(authority.certificate->not_before());
    result["NotAfter"] = epoch_seconds(authority.certificate->not_after());
  }
  if (authority.state == State::deleted)
    result["RestorableUntil"] = epoch_seconds(authority.restorable_until);
  return result;
}

Answer<Json> AcmPca::describe(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  return Json{{"CertificateAuthority", described(**authority)}};
}

Answer<Json> AcmPca::list(const Question& question) {
  Json answer{{"CertificateAuthorities", Json::array()}};
  if (question.str("ResourceOwner") == "OTHER_ACCOUNTS") return answer;  // nothing is ever shared
  std::uint64_t after = 0;
  if (question.has("NextToken")) {
    const auto token = from_base64(question.str("NextToken")).value_or("");
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), after);
    if (token.empty() || parsed.ec != std::errc{} || parsed.ptr != token.data() + token.size()) {
      return Fault{"InvalidNextTokenException", "No answer held the NextToken " + question.str("NextToken")};
    }
  }
  const auto most = static_cast<std::size_t>(question.integer("MaxResults", 1000));
  std::vector<PcaAuthorityPtr> found;
  {
    const std::lock_guard lock{mutex_};
    const PcaHome none;
    const auto* mine = home(question.realm);
    for (const auto& [name, authority] : (mine == nullptr ? none : *mine).authorities) {
      if (authority->number > after) found.push_back(authority);
    }
  }
  std::ranges::sort(found, {}, [](const PcaAuthorityPtr& authority) { return authority->number; });
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i) {
    answer["CertificateAuthorities"].push_back(described(*found[i]));
  }
  if (found.size() > most) answer["NextToken"] = to_base64(std::to_string(found[most - 1]->number));
  return answer;
}

Answer<Json> AcmPca::update(const Question& question) {
  const auto revocation = question.input.value("RevocationConfiguration", Json::object());
  if (auto good = check_revocation(revocation); !good) return good.fault();
  const auto status = question.str("Status");
  if (!status.empty() && status != "ACTIVE" && status != "DISABLED") {
    return invalid_args("The Status can be set to ACTIVE or DISABLED, not to " + status);
  }
  return replace(question, [&](PcaAuthority& authority) -> Done {
    if (authority.state != State::active && authority.state != State::disabled) {
      return invalid_state(authority, clock_.now(), "only ACTIVE and DISABLED CAs can be updated");
    }
    if (!status.empty()) authority.state = status == "ACTIVE" ? State::active : State::disabled;
    authority.revocation.update(revocation);
    return Ok{};
  });
}

Answer<Json> AcmPca::remove(const Question& question) {
  return replace(question, [&](PcaAuthority& authority) -> Done {
    const auto now = clock_.now();
    const auto state = shown_state(authority, now);
    if (state != "DISABLED" && state != "PENDING_CERTIFICATE" && state != "EXPIRED") {
      return invalid_state(authority, now, "disable it before you delete it");
    }
    authority.state_before_deletion = authority.state;
    authority.state = State::deleted;
    authority.restorable_until =
        now + std::chrono::days{question.integer("PermanentDeletionTimeInDays", kDeletionDays)};
    return Ok{};
  });
}

Answer<Json> AcmPca::restore(const Question& question) {
  return replace(question, [&](PcaAuthority& authority) -> Done {
    if (authority.state != State::deleted) {
      return invalid_state(authority, clock_.now(), "only a DELETED CA can be restored");
    }
    const bool pending = authority.state_before_deletion == State::pending_certificate;
    authority.state = pending ? State::pending_certificate : State::disabled;
    return Ok{};
  });
}

Answer<Json> AcmPca::tag(const Question& question) {
  auto tags = read_tags(question.input.at("Tags"));
  if (!tags) return tags.fault();
  return replace(question, [&](PcaAuthority& authority) -> Done {
    for (const auto& [key, value] : *tags) authority.tags[key] = value;
    if (authority.tags.size() <= kMaxPcaTags) return Ok{};
    return Fault{"TooManyTagsException", "A CA has at most " + std::to_string(kMaxPcaTags) + " tags"};
  });
}

Answer<Json> AcmPca::untag(const Question& question) {
  return replace(question, [&](PcaAuthority& authority) -> Done {
    for (const auto& tag : question.input.at("Tags")) {
      const auto found = authority.tags.find(tag.at("Key").get_ref<const std::string&>());
      // With a value, only the pair is taken away.
      if (found == authority.tags.end() || (tag.contains("Value") && tag.at("Value") != found->second))
        continue;
      authority.tags.erase(found);
    }
    return Ok{};
  });
}

Answer<Json> AcmPca::list_tags(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  const auto after = from_base64(question.str("NextToken")).value_or("");
  const auto most =
      static_cast<std::size_t>(question.integer("MaxResults", static_cast<std::int64_t>(kMaxPcaTags)));
  Json answer{{"Tags", Json::array()}};
  std::string last;
  for (const auto& [key, value] : (*authority)->tags) {
    if (question.has("NextToken") && key <= after) continue;
    if (answer["Tags"].size() == most) {
      answer["NextToken"] = to_base64(last);
      break;
    }
    answer["Tags"].push_back({{"Key", key}, {"Value", value}});
    last = key;
  }
  return answer;
}

}  // namespace iotemu::neighbours
