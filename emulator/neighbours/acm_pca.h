#pragma once

// ACM Private CA (P9.1 to P9.5): authorities with real keys, certificates that chain. Nothing is published: a
// CRL or an OCSP responder that is configured stands in the certificates, and nobody answers there.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "emulator/neighbours/pca_records.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

class AcmPca final : public Service {
 public:
  AcmPca(const Clock& clock, Random& random);

  void reset() override;

 private:
  using Change = std::function<Done(PcaAuthority&)>;

  Answer<Json> create(const Question& question);
  Answer<Json> describe(const Question& question);
  Answer<Json> list(const Question& question);
  Answer<Json> update(const Question& question);
  Answer<Json> remove(const Question& question);
  Answer<Json> restore(const Question& question);
  Answer<Json> get_csr(const Question& question);
  Answer<Json> import_certificate(const Question& question);
  Answer<Json> get_authority_certificate(const Question& question);
  Answer<Json> issue(const Question& question);
  Answer<Json> get_certificate(const Question& question);
  Answer<Json> revoke(const Question& question);
  Answer<Json> tag(const Question& question);
  Answer<Json> untag(const Question& question);
  Answer<Json> list_tags(const Question& question);

  [[nodiscard]] Json described(const PcaAuthority& authority) const;
  /// The authority that CertificateAuthorityArn names.
  Answer<PcaAuthorityPtr> find(const Question& question);
  /// Replaces the authority by a changed copy, whole or not at all. `change` runs under the lock. Refused if
  /// the authority is no longer `before`, where one is given.
  Answer<Json> replace(const Question& question, const Change& change, const PcaAuthorityPtr& before = {});
  /// Null if the realm has none. Under the lock; what is deleted for good is gone.
  PcaHome* home(const Realm& realm);
  Answer<PcaHome*> home_to_fill(const Realm& realm);  ///< made if it is new; under the lock
  /// What an idempotent request was answered in the last five minutes; under the lock.
  std::optional<std::string> earlier(PcaHome& home, const std::string& token) const;
  void remember(PcaHome& home, const std::string& token, const std::string& arn) const;

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<Realm, PcaHome> homes_;
  std::uint64_t epoch_{0};  ///< guarded; how many resets there were
};

}  // namespace iotemu::neighbours
