// Tags (P8.8). Whose ARN is whose record: registry/tags.cpp.

#include <algorithm>

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

/// P10.4: the operation has no size of its own.
constexpr std::size_t kPageSize = 25;

Result<Json> tag_resource(Call& call) {
  return empty_answer(call.registry.tag(call.str("resourceArn"), call.tags()));
}

Result<Json> untag_resource(Call& call) {
  const auto& keys = call.input.at("tagKeys");
  return empty_answer(call.registry.untag(call.str("resourceArn"), keys.get<std::set<std::string>>()));
}

/// By key, so that a page goes on where the one before it ended whatever was tagged meanwhile.
Result<Json> list_tags_for_resource(Call& call) {
  const auto found = call.registry.tags_of(call.str("resourceArn"));
  if (!found) return found.error();
  auto tags = *found;
  std::sort(tags.begin(), tags.end());
  auto at = tags.begin();
  if (const auto token = call.page().marker; !token.empty()) {
    const auto after = registry::from_marker(token);
    if (!after) return after.error();
    at = std::find_if(at, tags.end(), [&](const registry::Tag& tag) { return tag.key > after->name; });
  }
  registry::Page<registry::Tag> page;
  for (; at != tags.end() && page.items.size() < kPageSize; ++at) page.items.push_back(*at);
  if (at != tags.end()) page.next_marker = registry::to_marker({.name = page.items.back().key});
  return page_answer(page, "tags", "nextToken", [](const registry::Tag& tag) {
    return Json{{"Key", tag.key}, {"Value", tag.value}};
  });
}

Member resource_arn(const Member& placed) {
  return placed.required();
}

}  // namespace

const OperationTable& tag_operations() {
  static const OperationTable table{
      {.name = "TagResource",
       .verb = Verb::post,
       .path = "/tags",
       .input = {resource_arn(body("resourceArn")), tags().required()},
       .errors = {Errc::not_found, Errc::limit_exceeded},
       .run = tag_resource},
      {.name = "UntagResource",
       .verb = Verb::post,
       .path = "/untag",
       .input = {resource_arn(body("resourceArn")),
                 body("tagKeys").required().list_of(body("member").length(1, 128).pattern(kTagKeyPattern))},
       .errors = {Errc::not_found},
       .run = untag_resource},
      {.name = "ListTagsForResource",
       .verb = Verb::get,
       .path = "/tags",
       .input = {resource_arn(query("resourceArn")), query("nextToken")},
       .output = {"tags", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_tags_for_resource},
  };
  return table;
}

}  // namespace iotemu::api
