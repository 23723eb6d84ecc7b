#pragma once

// Reads the cases of tests/golden/sql; its README.md tells their form.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iotemu::rules::sql::testing {

/// What one message gives.
struct Expectation {
  enum class Kind { out, bytes, drop, unmatched, fails, text, template_fails };
  Kind kind{Kind::out};
  std::string value{};  ///< JSON, bytes, a message or the text of the template.
};

/// One message, and what is expected of it.
struct Step {
  std::string payload{};
  std::vector<Expectation> expectations{};
};

struct CaseFile {
  std::string title{};
  std::string sql{};
  std::string version{"2016-03-23"};
  std::map<std::string, std::string> facts{};  ///< "topic", "client", …: as the README lists them.
  std::vector<std::pair<std::string, std::string>> properties{};
  /// What the host answers: "lambda" and so on; see the README.
  std::vector<std::pair<std::string, std::string>> answers{};
  std::optional<std::string> substitution{};  ///< The line `template`.
  std::optional<std::string> error{};
  std::optional<std::string> template_error{};
  std::vector<Step> steps{};
  std::vector<std::string> mistakes{};
};

CaseFile read_case(const std::filesystem::path& file);

/// JSON without white space between its parts, otherwise as written.
std::string compact(const std::string& json);

}  // namespace iotemu::rules::sql::testing
