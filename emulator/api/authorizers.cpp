// Custom authorizers (A-1…13): what they are. Asking one: test_invoke_authorizer.cpp.

#include "registry/authorizers.h"

#include <array>
#include <mutex>

#include "base/log.h"
#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

using registry::AuthorizerPtr;

constexpr std::string_view kActive = "ACTIVE";
constexpr std::array<std::string_view, 2> kStatuses{kActive, "INACTIVE"};

Json named(const AuthorizerPtr& authorizer) {
  return {{"authorizerName", authorizer->name.text()}, {"authorizerArn", authorizer->arn}};
}

Result<Json> description(const Result<AuthorizerPtr>& found) {
  if (!found) return found.error();
  const auto& authorizer = **found;
  Json json{{"authorizerName", authorizer.name.text()},
            {"authorizerArn", authorizer.arn},
            {"authorizerFunctionArn", authorizer.function_arn},
            {"status", authorizer.active ? "ACTIVE" : "INACTIVE"},
            {"creationDate", epoch_seconds(authorizer.created_at)},
            {"lastModifiedDate", epoch_seconds(authorizer.changed_at)},
            {"signingDisabled", authorizer.signing_disabled},
            {"enableCachingForHttp", authorizer.caching_for_http}};
  put(json, "tokenKeyName", authorizer.token_key_name);
  if (!authorizer.public_keys.empty()) json["tokenSigningPublicKeys"] = authorizer.public_keys;
  return Json{{"authorizerDescription", std::move(json)}};
}

std::optional<bool> status_in(const Call& call) {
  if (!call.has("status")) return std::nullopt;
  return call.str("status") == kActive;
}

std::map<std::string, std::string> keys_in(const Call& call) {
  return call.input.value("tokenSigningPublicKeys", std::map<std::string, std::string>{});
}

void tell_once() {
  static std::once_flag told;
  std::call_once(told, [] {
    log::warn(
        "Authorizers are kept, answered and asked by TestInvokeAuthorizer, but no device connects by one: "
        "the "
        "endpoint lets in by certificate only");
  });
}

Result<Json> create_authorizer(Call& call) {
  const auto created = call.registry.authorizers().create(
      call.authorizer_name(), {.function_arn = call.str("authorizerFunctionArn"),
                               .token_key_name = call.str("tokenKeyName"),
                               .public_keys = keys_in(call),
                               .active = status_in(call).value_or(false),
                               .signing_disabled = call.flag("signingDisabled"),
                               .caching_for_http = call.flag("enableCachingForHttp"),
                               .tags = call.tags()});
  if (!created) return created.error();
  if ((*created)->active) tell_once();
  return named(*created);
}

Result<Json> describe_authorizer(Call& call) {
  return description(call.registry.authorizers().get(call.authorizer_name()));
}

Result<Json> update_authorizer(Call& call) {
  registry::UpdateAuthorizer request{.active = status_in(call)};
  if (call.has("authorizerFunctionArn")) request.function_arn = call.str("authorizerFunctionArn");
  if (call.has("tokenKeyName")) request.token_key_name = call.str("tokenKeyName");
  if (call.has("tokenSigningPublicKeys")) request.public_keys = keys_in(call);
  if (call.has("enableCachingForHttp")) request.caching_for_http = call.flag("enableCachingForHttp");
  const auto updated = call.registry.authorizers().update(call.authorizer_name(), request);
  if (!updated) return updated.error();
  if ((*updated)->active) tell_once();
  return named(*updated);
}

Result<Json> delete_authorizer(Call& call) {
  return empty_answer(call.registry.authorizers().remove(call.authorizer_name()));
}

Result<Json> list_authorizers(Call& call) {
  const auto page = call.registry.authorizers().list(call.page(), status_in(call));
  if (!page) return page.error();
  return page_answer(*page, "authorizers", "nextMarker", named);
}

Result<Json> set_default_authorizer(Call& call) {
  const auto set = call.registry.authorizers().set_default(call.authorizer_name());
  if (!set) return set.error();
  tell_once();
  return named(*set);
}

Result<Json> clear_default_authorizer(Call& call) {
  return empty_answer(call.registry.authorizers().clear_default());
}

Result<Json> describe_default_authorizer(Call& call) {
  return description(call.registry.authorizers().get_default());
}

Member function_arn() {
  return body("authorizerFunctionArn").length(0, 2048);
}
Member token_key_name() {
  return body("tokenKeyName").length(1, 128).pattern(kTokenKeyNamePattern);
}
Member public_keys() {
  return body("tokenSigningPublicKeys")
      .map_of(body("key").length(1, 128).pattern(kThingNamePattern), body("value").length(0, 5120));
}
Member status(const Member& placed) {
  return placed.one_of(kStatuses);
}

}  // namespace

const OperationTable& authorizer_operations() {
  static const OperationTable table{
      {.name = "CreateAuthorizer",
       .verb = Verb::post,
       .path = "/authorizer/{authorizerName}",
       .input = {authorizer_name(path_member("authorizerName")), function_arn().required(), token_key_name(),
                 public_keys(), status(body("status")), tags(), body("signingDisabled").boolean(),
                 body("enableCachingForHttp").boolean()},
       .output = {"authorizerName", "authorizerArn"},
       .errors = {Errc::already_exists, Errc::limit_exceeded},
       .run = create_authorizer},
      {.name = "DescribeAuthorizer",
       .verb = Verb::get,
       .path = "/authorizer/{authorizerName}",
       .input = {authorizer_name(path_member("authorizerName"))},
       .output = {"authorizerDescription"},
       .errors = {Errc::not_found},
       .run = describe_authorizer},
      {.name = "UpdateAuthorizer",
       .verb = Verb::put,
       .path = "/authorizer/{authorizerName}",
       .input = {authorizer_name(path_member("authorizerName")), function_arn(), token_key_name(),
                 public_keys(), status(body("status")), body("enableCachingForHttp").boolean()},
       .output = {"authorizerName", "authorizerArn"},
       .errors = {Errc::not_found, Errc::limit_exceeded},
       .run = update_authorizer},
      {.name = "DeleteAuthorizer",
       .verb = Verb::del,
       .path = "/authorizer/{authorizerName}",
       .input = {authorizer_name(path_member("authorizerName"))},
       .errors = {Errc::delete_conflict, Errc::not_found},
       .run = delete_authorizer},
      {.name = "ListAuthorizers",
       .verb = Verb::get,
       .path = "/authorizers/",
       .input = with_ordered_marker({status(query("status"))}),
       .output = {"authorizers", "nextMarker"},
       .run = list_authorizers},
      {.name = "SetDefaultAuthorizer",
       .verb = Verb::post,
       .path = "/default-authorizer",
       .input = {authorizer_name(body("authorizerName")).required()},
       .output = {"authorizerName", "authorizerArn"},
       .errors = {Errc::not_found, Errc::already_exists},
       .run = set_default_authorizer},
      {.name = "ClearDefaultAuthorizer",
       .verb = Verb::del,
       .path = "/default-authorizer",
       .errors = {Errc::not_found},
       .run = clear_default_authorizer},
      {.name = "DescribeDefaultAuthorizer",
       .verb = Verb::get,
       .path = "/default-authorizer",
       .output = {"authorizerDescription"},
       .errors = {Errc::not_found},
       .run = describe_default_authorizer},
  };
  return table;
}

}  // namespace iotemu::api
