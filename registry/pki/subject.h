#pragma once

// A name to be put into a certificate or a request.

#include <string>
#include <vector>

namespace iotemu::registry::pki {

enum class StringType { utf8, printable, bmp };

/// One attribute, one RDN. `name` is a short or long name (`CN`, `O`, `serialNumber`, `title`, `T`,
/// `generationQualifier`, `dnQualifier`, …) or a dotted OID. `value` is UTF-8 (for `bmp`: converted). The
/// upper bounds of X.520 are not applied: the service itself exceeds them (P2.2).
struct SubjectAttribute {
  std::string name{};
  std::string value{};
  StringType type{StringType::utf8};
};

using Subject = std::vector<SubjectAttribute>;

}  // namespace iotemu::registry::pki
