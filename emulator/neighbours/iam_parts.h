#pragma once

// What the operations of IAM share, those of roles and those of policies.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "emulator/neighbours/aws_ids.h"
#include "emulator/neighbours/iam.h"

namespace iotemu::neighbours::iam {

inline constexpr std::size_t kIdLetters = 17;

inline Fault no_such(std::string message) {
  return {"NoSuchEntity", std::move(message), 404};
}

inline Fault limit(std::string message) {
  return {"LimitExceeded", std::move(message), 409};
}

inline bool is_managed_by_aws(std::string_view arn) {
  return arn.starts_with("arn:aws") && arn.find(":iam::aws:policy/") != arn.npos;
}

inline std::string name_in(const std::string& arn) {
  return arn.substr(arn.rfind('/') + 1);
}

inline std::string iam_arn(const Realm& realm, std::string_view resource) {
  return "arn:" + std::string{partition(realm.region)} + ":iam::" + realm.account + ":" +
         std::string{resource};
}

/// `items` in the order of their keys, from behind the marker; `list` is the member that holds them.
template <class Items, class Form>
Json page(const Question& question, const char* list, const Items& items, Form form) {
  const auto most = static_cast<std::size_t>(question.integer("MaxItems", 100));
  const auto after = from_base64(question.str("Marker")).value_or("");
  Json answer{{list, Json::array()}, {"IsTruncated", false}};
  std::string last;
  for (const auto& [key, item] : items) {
    if (question.has("Marker") && key <= after) continue;
    if (answer[list].size() == most) {
      answer["IsTruncated"] = true;
      answer["Marker"] = to_base64(last);
      break;
    }
    answer[list].push_back(form(key, item));
    last = key;
  }
  return answer;
}

}  // namespace iotemu::neighbours::iam
