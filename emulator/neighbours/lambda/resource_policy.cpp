#include "emulator/neighbours/lambda/resource_policy.h"

#include <algorithm>
#include <string_view>

#include "emulator/neighbours/lambda/faults.h"

namespace iotemu::neighbours::lambda {
namespace {

constexpr std::size_t kMaxDocument = 20'480;

/// `*` and `?`, without backtracking further than the last star.
bool like(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = pattern.npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++t;
      ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// A service's name, an account or an ARN, as AWS writes it.
Json principal_of(const std::string& text) {
  if (text == "*") return "*";
  if (text.find(".amazonaws.com") != text.npos || text.find(".amazon.com") != text.npos)
    return {{"Service", text}};
  const bool account = text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
  return {{"AWS", account ? "arn:aws:iam::" + text + ":root" : text}};
}

}  // namespace

Answer<Json> ResourcePolicy::add(const Json& input, const std::string& resource) {
  const auto text = [&](const char* name) { return input.value(name, std::string{}); };
  const auto id = text("StatementId");
  const bool taken = std::ranges::any_of(statements_, [&](const Json& s) { return s.at("Sid") == id; });
  if (taken) {
    return conflict("The statement id (" + id +
                    ") provided already exists. Please provide a new statement id, or remove the existing "
                    "statement.");
  }
  const auto principal = text("Principal");
  const bool known = principal == "*" || principal.find('.') != principal.npos ||
                     principal.starts_with("arn:") ||
                     (principal.size() == 12 && principal.find_first_not_of("0123456789") == principal.npos);
  if (!known) return invalid("The provided principal was invalid. Please check the principal and try again.");
  Json statement{{"Sid", id},
                 {"Effect", "Allow"},
                 {"Principal", principal_of(principal)},
                 {"Action", text("Action")},
                 {"Resource", resource}};
  if (const auto arn = text("SourceArn"); !arn.empty())
    statement["Condition"]["ArnLike"]["AWS:SourceArn"] = arn;
  if (const auto account = text("SourceAccount"); !account.empty())
    statement["Condition"]["StringEquals"]["AWS:SourceAccount"] = account;
  statements_.push_back(statement);
  if (document().size() > kMaxDocument) {
    statements_.pop_back();
    return Fault{"PolicyLengthExceededException",
                 "The final policy size is bigger than the limit (" + std::to_string(kMaxDocument) + ")."};
  }
  return statement;
}

bool ResourcePolicy::remove(const std::string& statement_id) {
  return std::erase_if(statements_, [&](const Json& s) { return s.at("Sid") == statement_id; }) != 0;
}

std::string ResourcePolicy::document() const {
  return to_text(Json{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements_}});
}

bool ResourcePolicy::allows(const Asker& asker) const {
  return std::ranges::any_of(statements_, [&](const Json& statement) {
    const auto& principal = statement.at("Principal");
    const bool who = principal == "*" ||
                     (principal.is_object() && principal.value("Service", std::string{}) == asker.principal);
    const auto action = statement.at("Action").get<std::string>();
    const bool what = action == "*" || action == "lambda:*" || action == "lambda:InvokeFunction";
    if (!who || !what) return false;
    const auto condition = statement.value("Condition", Json::object());
    if (condition.contains("ArnLike") &&
        !like(asker.source_arn, condition["ArnLike"]["AWS:SourceArn"].get<std::string>()))
      return false;
    return !condition.contains("StringEquals") ||
           condition["StringEquals"]["AWS:SourceAccount"] == asker.source_account;
  });
}

}  // namespace iotemu::neighbours::lambda
