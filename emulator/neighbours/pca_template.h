#pragma once

// The certificate templates of ACM PCA (P9.3) as values: what each fixes, and from whom it takes the rest.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

struct PcaTemplate {
  std::string name{};
  bool is_ca{false};
  bool is_root{false};
  std::optional<int> path_length{};
  bool critical_constraints{false};
  std::vector<std::string> key_usage{};           ///< OpenSSL's names; empty: not fixed
  std::vector<std::string> extended_key_usage{};  ///< empty: not fixed
  bool critical_extended_key_usage{false};
  bool takes_csr_extensions{false};
  bool takes_api{false};
};

/// By its ARN, `arn:aws:acm-pca:::template/<Name>/V1`; without one EndEntityCertificate. InvalidArnException
/// for what is no such ARN, InvalidArgsException for a name that no template has.
[[nodiscard]] Answer<PcaTemplate> find_template(std::string_view arn);

}  // namespace iotemu::neighbours
