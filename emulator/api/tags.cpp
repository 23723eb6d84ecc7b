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

/// Where the page of a token begins: behind the tag that the page before it ended with, or, if that one is
/// gone, at its place.
Result<std::size_t> place_of(const std::string& token, const registry::Tags& tags, std::int64_t most) {
  const auto last = registry::from_marker(token);
  if (!last) return last.error();
  const auto place = last->created.time_since_epoch().count();
  if (place <= 0 || place > most) return registry::unknown_marker(token);  // of another list
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].key == last->name) return i + 1;
  }
  return std::min(static_cast<std::size_t>(place) - 1, tags.size());
}

/// In the order in which they were given.
Result<Json> list_tags_for_resource(Call& call) {
  const auto tags = call.registry.tags_of(call.str("resourceArn"));
  if (!tags) return tags.error();
  std::size_t begin = 0;
  if (const auto token = call.page().marker; !token.empty()) {
    const auto most = static_cast<std::int64_t>(call.registry.options().tags_per_resource);
    const auto place = place_of(token, *tags, most);
    if (!place) return place.error();
    begin = *place;
  }
  const auto end = std::min(begin + kPageSize, tags->size());
  registry::Page<registry::Tag> page{.items{tags->begin() + static_cast<std::ptrdiff_t>(begin),
                                            tags->begin() + static_cast<std::ptrdiff_t>(end)}};
  if (end < tags->size()) {
    page.next_marker = registry::to_marker(
        {.created = Time{Duration{static_cast<std::int64_t>(end)}}, .name = page.items.back().key});
  }
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
