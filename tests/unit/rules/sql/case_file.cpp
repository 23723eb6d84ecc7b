#include "tests/unit/rules/sql/case_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "base/base64.h"

namespace iotemu::rules::sql::testing {
namespace {

constexpr std::array<std::string_view, 12> kFacts{
    "topic",   "client", "principal",    "sourceip",       "traceid",     "now",
    "account", "region", "content_type", "response_topic", "correlation", "utf8"};
constexpr std::array<std::string_view, 7> kAnswers{"lambda", "dynamodb",   "shadow", "registry",
                                                   "secret", "descriptor", "predict"};

struct Line {
  std::string word{};
  std::string value{};
};

std::vector<Line> lines_of(const std::filesystem::path& file, CaseFile& out) {
  std::vector<Line> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) {
      if (out.title.empty()) out.title = line.substr(std::min<std::size_t>(2, line.size()));
      continue;
    }
    if (line.empty()) continue;
    if (line.starts_with(' ')) {
      if (lines.empty()) {
        out.mistakes.emplace_back("the case begins with a continued line");
        continue;
      }
      std::string& value = lines.back().value;
      if (!value.empty()) value += '\n';
      value += line.substr(line.find_first_not_of(' '));
      continue;
    }
    const std::size_t space = line.find(' ');
    Line next{.word = line.substr(0, space)};
    if (space != line.npos) {
      const std::size_t begin = line.find_first_not_of(' ', space);
      if (begin != line.npos) next.value = line.substr(begin);
    }
    lines.push_back(std::move(next));
  }
  return lines;
}

std::optional<Expectation::Kind> expectation(std::string_view word) {
  if (word == "out") return Expectation::Kind::out;
  if (word == "raw" || word == "out64") return Expectation::Kind::bytes;
  if (word == "drop") return Expectation::Kind::drop;
  if (word == "unmatched") return Expectation::Kind::unmatched;
  if (word == "fails") return Expectation::Kind::fails;
  if (word == "text") return Expectation::Kind::text;
  if (word == "template_fails") return Expectation::Kind::template_fails;
  return std::nullopt;
}

}  // namespace

CaseFile read_case(const std::filesystem::path& file) {
  CaseFile out;
  for (auto& [word, value] : lines_of(file, out)) {
    const auto decoded = [&, &text = value] {
      auto bytes = from_base64(text);
      if (!bytes) out.mistakes.push_back("this is not base64: " + text);
      return bytes.value_or("");
    };
    if (word == "sql") {
      out.sql = value;
    } else if (word == "version") {
      out.version = value;
    } else if (word == "property") {
      const std::size_t space = value.find(' ');
      out.properties.emplace_back(value.substr(0, space), space == value.npos ? "" : value.substr(space + 1));
    } else if (word == "template") {
      out.substitution = value;
    } else if (word == "error") {
      out.error = value;
    } else if (word == "template_error") {
      out.template_error = value;
    } else if (word == "in" || word == "in64") {
      out.steps.push_back({.payload = word == "in" ? value : decoded()});
    } else if (std::ranges::find(kFacts, word) != kFacts.end()) {
      out.facts[word] = value;
    } else if (std::ranges::find(kAnswers, word) != kAnswers.end()) {
      out.answers.emplace_back(word, value);
    } else if (const auto kind = expectation(word)) {
      if (out.steps.empty()) {
        out.mistakes.push_back("'" + word + "' stands before any 'in'");
        continue;
      }
      out.steps.back().expectations.push_back({*kind, word == "out64" ? decoded() : value});
    } else {
      out.mistakes.push_back("unknown word '" + word + "'");
    }
  }
  return out;
}

std::string compact(const std::string& json) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted && c == '\\' && i + 1 < json.size()) {
      out += c;
      out += json[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (quoted || (c != ' ' && c != '\n')) out += c;
  }
  return out;
}

}  // namespace iotemu::rules::sql::testing
