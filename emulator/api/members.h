#pragma once

// The members that many operations share, with their rules (P appendix A), and the JSON forms that many
// answers share.

#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "emulator/api/operation.h"

namespace iotemu::api {

[[nodiscard]] Member certificate_id(std::string_view wire = "certificateId");
[[nodiscard]] Member certificate_pem(std::string_view name);
[[nodiscard]] Member policy_name();
[[nodiscard]] Member policy_document();
[[nodiscard]] Member template_name(const Member& placed);
[[nodiscard]] Member template_body();
[[nodiscard]] Member thing_name();
[[nodiscard]] Member thing_name(const Member& placed);
[[nodiscard]] Member thing_type_name(const Member& placed);
[[nodiscard]] Member authorizer_name(const Member& placed);
/// Of thing groups and billing groups.
[[nodiscard]] Member group_name(const Member& placed);
/// `attributePayload`, of things and thing groups.
[[nodiscard]] Member attribute_payload();
[[nodiscard]] Member thing_group_properties();
[[nodiscard]] registry::ThingGroupProperties thing_group_properties_in(const Call& call);
/// What `thingGroupProperties` and `expectedVersion` ask to change.
[[nodiscard]] registry::UpdateThingGroup thing_group_changes_in(const Call& call);
/// Of fleet indexing.
[[nodiscard]] Member index_name(const Member& placed);
[[nodiscard]] Member query_string();
/// `queryString` and `queryVersion` as a query to that index.
[[nodiscard]] Result<std::shared_ptr<const registry::index::Query>> query_of(const Call& call,
                                                                             const std::string& index_name);
[[nodiscard]] Member set_as_active();
[[nodiscard]] Member tags();

/// `pageSize`, `marker` (P10.4).
[[nodiscard]] std::vector<Member> with_marker(std::vector<Member> members);
/// `pageSize`, `marker`, `isAscendingOrder`.
[[nodiscard]] std::vector<Member> with_ordered_marker(std::vector<Member> members);
/// `maxResults`, `nextToken`.
[[nodiscard]] std::vector<Member> with_token(std::vector<Member> members);

/// The attributes of the `attributePayload` in `holder`, if it has any.
[[nodiscard]] std::optional<registry::Attributes> attributes_in(const Json& holder);

/// Sets `name` unless `text` is empty: absent members are left out, never null (P10.1).
void put(Json& object, const char* name, const std::string& text);

/// Of a list that always fits one page: no answer ever held a token, so any is Errc::invalid_request (P10.4).
Status check_only_page(const Call& call);

/// `{list: […], next: marker}` of a page, each item formed by `form`.
template <class T, class Form>
Json page_answer(const registry::Page<T>& page, const char* list, const char* next, Form form) {
  Json answer{{list, Json::array()}};
  for (const auto& item : page.items) answer[list].push_back(form(item));
  put(answer, next, page.next_marker);
  return answer;
}

/// `{}` or the error.
[[nodiscard]] Result<Json> empty_answer(const Status& status);

}  // namespace iotemu::api
