#include "emulator/bulk/task_lines.h"

#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"

namespace iotemu::bulk {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == text.npos;
}

}  // namespace

std::optional<InputLine> InputLines::next() {
  while (at_ < content_.size()) {
    const auto begin = at_;
    const auto end = std::min(content_.find('\n', begin), content_.size());
    at_ = std::min(end + 1, content_.size());
    ++number_;
    const auto text = content_.substr(begin, end - begin);
    if (!is_blank(text)) return InputLine{.number = number_, .offset = begin, .text = text};
  }
  return std::nullopt;
}

int InputLines::percent() const {
  return content_.empty() ? 100 : static_cast<int>(at_ * 100 / content_.size());
}

Result<registry::provisioning::Parameters> parse_parameters(std::string_view line) {
  const auto invalid = [](std::string message) { return Error{Errc::invalid_request, std::move(message)}; };
  if (line.size() > kMaxLineCharacters && count_characters(line) > kMaxLineCharacters) {
    return invalid("The line is longer than " + std::to_string(kMaxLineCharacters) + " characters");
  }
  const auto object = parse_json(line);
  if (!object) return invalid("The line is not JSON: " + object.error().message);
  if (!object->is_object()) return invalid("The line is not a JSON object of parameters");
  registry::provisioning::Parameters parameters;
  for (const auto& [name, value] : object->items()) {
    if (!value.is_string()) return invalid("The value of parameter '" + name + "' is not a string");
    parameters[name] = value.get<std::string>();
  }
  return parameters;
}

std::string result_line(const InputLine& line, const registry::Provisioned& made) {
  // Members and their spelling as clients of the service read them in public code.
  Json response{{"ResourceArns", made.resource_arns}};
  if (made.certificate) response["CertificatePem"] = made.certificate->pem;
  return to_text(Json{{"lineNumber", line.number}, {"offset", line.offset}, {"response", response}}) + '\n';
}

std::string error_line(const InputLine& line, const Error& error) {
  // differs: how the service words a line of this report is not published.
  return to_text(
             Json{{"lineNumber", line.number}, {"offset", line.offset}, {"errorMessage", error.message}}) +
         '\n';
}

}  // namespace iotemu::bulk
