#pragma once

// A policy document (P7.1): parsed once when the policy is created, immutable and shared from then on.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "registry/policy/action.h"
#include "registry/policy/conditions.h"
#include "registry/policy/policy_text.h"

namespace iotemu::registry::policy {

/// Longest document in characters, white space (space, tab, CR, LF) not counted (P7.1).
inline constexpr std::size_t kMaxDocumentCharacters = 2048;
/// Longest document on the wire in characters (P7.1).
inline constexpr std::size_t kMaxWireCharacters = 404600;

enum class Effect { allow, deny };

struct Statement {
  std::string sid{};
  Effect effect{Effect::allow};

  std::vector<std::string> action_values{};  // as written
  bool not_action{false};
  ActionSet actions{};  // what the element amounts to, NotAction included

  std::vector<PolicyText> resources{};  // never empty
  bool not_resource{false};

  std::vector<Condition> conditions{};
};

struct Document {
  std::string id{};
  bool has_version{false};  // "2012-10-17"; without it variables are not replaced (P7.1)
  std::vector<Statement> statements{};
};

/// A document under the name of its policy, for evaluation and explanation.
struct NamedDocument {
  std::string name{};
  std::shared_ptr<const Document> document{};
};

/// Parses and checks a document. Fails with Errc::malformed_policy and
/// "Policy document is Malformed: Invalid policy syntax. <JSON path>: expected …, found …" (P7.1), or with
/// Errc::invalid_request when the text exceeds kMaxWireCharacters.
[[nodiscard]] Result<std::shared_ptr<const Document>> parse(std::string_view text);

}  // namespace iotemu::registry::policy
