#pragma once

// The lines of a bulk registration: parameters come in and reports go out as newline-delimited JSON (P5.9).
// Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/provisioning/template.h"
#include "registry/registry.h"

namespace iotemu::bulk {

/// Longest line of an input file, in characters (P10.8).
inline constexpr std::size_t kMaxLineCharacters = 256'000;

struct InputLine {
  std::size_t number{0};  ///< From 1; blank lines count.
  std::size_t offset{0};  ///< Of its first byte in the file.
  std::string_view text{};
};

/// Walks over the lines that are not blank. Borrows the content.
class InputLines {
 public:
  explicit InputLines(std::string_view content) : content_{content} {}
  [[nodiscard]] std::optional<InputLine> next();
  /// How much of the content is behind, 0 to 100.
  [[nodiscard]] int percent() const;

 private:
  std::string_view content_;
  std::size_t at_{0};
  std::size_t number_{0};
};

/// The parameters of one device: a JSON object whose values are strings.
Result<registry::provisioning::Parameters> parse_parameters(std::string_view line);

/// `{"lineNumber", "offset", "response": {"ResourceArns", "CertificatePem"}}` and a newline: one device that
/// was registered.
[[nodiscard]] std::string result_line(const InputLine& line, const registry::Provisioned& made);
/// `{"lineNumber", "offset", "errorMessage"}` and a newline: one that was not.
[[nodiscard]] std::string error_line(const InputLine& line, const Error& error);

}  // namespace iotemu::bulk
