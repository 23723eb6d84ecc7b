#pragma once

// Custom authorizers (A-1…13): a function that says whether a token lets its bearer in. Immutable once
// stored.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

struct AuthorizerRecord {
  AuthorizerName name{};
  std::string arn{};
  std::string function_arn{};
  std::string token_key_name{};                      ///< Empty: none.
  std::map<std::string, std::string> public_keys{};  ///< Name → PEM, RSA of 2048 bits at least.
  bool active{false};
  bool signing_disabled{false};  ///< Fixed at creation.
  bool caching_for_http{false};
  Time created_at{};
  Time changed_at{};
  Tags tags{};

  [[nodiscard]] const AuthorizerName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
