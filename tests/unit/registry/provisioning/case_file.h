#pragma once

// Reads a tests/golden/template/*.case file: one behaviour of provisioning templates as text that anyone can
// add. tests/golden/template/README.md describes the format.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "registry/provisioning/template.h"

namespace iotemu::registry::provisioning::testing {

/// A refusal that the case expects.
struct Refusal {
  bool when_parsing{false};
  Errc code{Errc::invalid_request};
  std::string message{};
  bool is_beginning{false};  // the message begins so
};

struct CaseFile {
  std::string title{};   // the first comment
  std::string source{};  // the rule it shows: P5.4 …
  std::string body{};
  bool has_body{false};
  Supplied supplied{};
  std::optional<Json> plan{};
  std::optional<Refusal> refusal{};
  std::vector<std::string> mistakes{};  // lines of the file that make no sense
};

[[nodiscard]] CaseFile read_case(const std::filesystem::path& file);

}  // namespace iotemu::registry::provisioning::testing
