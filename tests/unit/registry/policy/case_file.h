#pragma once

// Reads a tests/golden/policy/*.case file: one behaviour of the policy engine as text that anyone can add.
// tests/golden/policy/README.md describes the format.

#include <filesystem>
#include <string>
#include <vector>

#include "registry/policy/evaluate.h"

namespace iotemu::registry::policy::testing {

/// One `allowed`, `denied` or `forbidden` line with the `says` lines below it.
struct Question {
  int line{};
  Action action{};
  std::string resource{};
  Verdict expected{};
  std::vector<std::string> says{};
};

struct CaseFile {
  std::string title{};   // the first comment
  std::string source{};  // the rule it shows: P7.5 …
  std::vector<std::string> policies{};
  Context context{};
  std::vector<Question> questions{};
  std::vector<std::string> malformed{};  // what the refusal of the last policy says
  bool accepted{false};                  // the policies parse, and that is the whole point
  std::vector<std::string> mistakes{};   // lines of the file that make no sense
};

[[nodiscard]] CaseFile read_case(const std::filesystem::path& file);

/// The action of this name; a mistake in a test if there is none.
[[nodiscard]] Action action_named(std::string_view name);

}  // namespace iotemu::registry::policy::testing
