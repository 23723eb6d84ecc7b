#pragma once

// One string of a policy that may hold variables: a `Resource` or a condition value. Parsed once with the
// document; substituted once per connection.

#include <string>
#include <string_view>
#include <vector>

#include "registry/policy/context.h"
#include "registry/policy/pattern.h"

namespace iotemu::registry::policy {

class PolicyText {
 public:
  PolicyText() = default;

  /// `${name}` is a variable and `${*}`, `${?}`, `${$}` are escapes (P7.5), unless the document carries no
  /// Version: then only the wildcards keep their meaning (P7.1).
  [[nodiscard]] static PolicyText parse(std::string_view source, bool with_variables);

  /// As a wildcard pattern: for resources and the Like operators. A variable without a replacement stays as
  /// the literal text `${name}` (P7.5).
  [[nodiscard]] Pattern pattern(const Context& context, Action action) const;
  /// As plain text: for the Equals operators, where `*` and `?` mean themselves.
  [[nodiscard]] std::string text(const Context& context, Action action) const;
  /// As `pattern`, with every variable that has no replacement taken for `*`: what would match if only the
  /// variables could be resolved.
  [[nodiscard]] Pattern pattern_if_resolved(const Context& context, Action action) const;

  /// Names of the variables without a replacement, in order of appearance.
  [[nodiscard]] std::vector<std::string> unresolved(const Context& context, Action action) const;

  /// The text as the policy has it.
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  struct Part {
    enum class Kind { literal, any_run, any_character, variable } kind{};
    std::string text{};  // the literal, or the variable's name
  };
  enum class Unresolved { literal, any_run };

  [[nodiscard]] Pattern build(const Context& context, Action action, Unresolved unresolved) const;
  void add_literal(std::string_view text);

  std::string source_{};
  std::vector<Part> parts_{};
};

}  // namespace iotemu::registry::policy
