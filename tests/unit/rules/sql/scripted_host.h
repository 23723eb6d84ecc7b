#pragma once

// A FunctionHost that answers as a golden case says: `lambda ARN JSON`, `dynamodb TABLE JSON`, `shadow THING
// JSON`, `registry API JSON`, `secret ID TEXT`, `descriptor FILE BASE64`, `predict MODEL JSON`. `!` instead
// of an answer is a failure with the text behind it; of whom nothing is said, that is a failure too.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "rules/ports.h"

namespace iotemu::rules::sql::testing {

class ScriptedHost final : public FunctionHost {
 public:
  explicit ScriptedHost(const std::vector<std::pair<std::string, std::string>>& answers) {
    for (const auto& [word, line] : answers) {
      const std::size_t space = line.find(' ');
      answers_[word + " " + line.substr(0, space)] = space == line.npos ? "" : line.substr(space + 1);
    }
  }

  Result<std::string> invoke_lambda(std::string_view function_arn, std::string event,
                                    std::string_view) override {
    return answer("lambda", function_arn, event);
  }
  Result<std::string> dynamodb_item(std::string_view table, const DynamoKey&, const std::optional<DynamoKey>&,
                                    std::string_view) override {
    return answer("dynamodb", table);
  }
  Result<std::string> thing_shadow(std::string_view thing, std::string_view shadow,
                                   std::string_view) override {
    return answer("shadow",
                  shadow.empty() ? std::string{thing} : std::string{thing} + "/" + std::string{shadow});
  }
  Result<std::string> registry_data(std::string_view api, std::string_view, std::string_view) override {
    return answer("registry", api);
  }
  Result<std::string> secret(std::string_view id, bool, std::string_view) override {
    return answer("secret", id);
  }
  Result<std::string> predict(std::string_view model, std::string_view, std::string record) override {
    return answer("predict", model, record);
  }
  Result<std::string> descriptor_file(std::string_view, std::string_view file) override {
    auto text = answer("descriptor", file);
    if (!text) return text;
    return from_base64(*text).value_or("");
  }

 private:
  /// `$event` in an answer stands for what was sent.
  Result<std::string> answer(const std::string& kind, std::string_view of, std::string_view event = {}) {
    const auto found = answers_.find(kind + " " + std::string{of});
    if (found == answers_.end())
      return Error{Errc::not_found, kind + " " + std::string{of} + " does not exist"};
    if (found->second.starts_with('!')) return Error{Errc::unavailable, found->second.substr(1)};
    std::string out = found->second;
    if (const std::size_t at = out.find("$event"); at != out.npos) out.replace(at, 6, event);
    return out;
  }

  std::map<std::string, std::string> answers_{};
};

}  // namespace iotemu::rules::sql::testing
