#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"
#include "emulator/neighbours/lambda/paging.h"

namespace iotemu::neighbours::lambda {
namespace {

using api::body;
using api::path_member;
using api::query;
using api::Verb;

constexpr std::size_t kMaxVersions = 200;
constexpr std::size_t kMaxAliases = 100;

api::Member function_name() {
  return path_member("FunctionName").length(1, 170);
}

Json alias_json(const FunctionRef& function, const Alias& alias) {
  return {{"AliasArn", function.function_arn() + ":" + alias.name},
          {"Name", alias.name},
          {"FunctionVersion", alias.version},
          {"Description", alias.description},
          {"RevisionId", alias.revision_id}};
}

Fault no_such_alias(const FunctionRef& function, const std::string& name) {
  return not_there("Cannot find alias arn: " + function.function_arn() + ":" + name);
}

Done check_version(const FunctionRecord& record, const FunctionRef& function, const std::string& number) {
  const bool published =
      is_version_number(number) && number.size() < 18 && record.published.contains(std::stoull(number));
  if (number == kLatest || published) return Ok{};
  return not_found(function.function_arn() + ":" + number);
}

Done check_alias_input(const Question& question) {
  if (!question.has("RoutingConfig") ||
      question.input.at("RoutingConfig").value("AdditionalVersionWeights", Json::object()).empty())
    return Ok{};
  return unbuilt("RoutingConfig", "let the alias point at one version");
}

}  // namespace

void Lambda::add_version_operations() {
  constexpr std::string_view kVersions = "/2015-03-31/functions/{FunctionName}/versions";
  constexpr std::string_view kAliases = "/2015-03-31/functions/{FunctionName}/aliases";
  constexpr std::string_view kAlias = "/2015-03-31/functions/{FunctionName}/aliases/{Name}";
  const auto routing =
      body("RoutingConfig")
          .structure({body("AdditionalVersionWeights").map_of(body("key"), body("value").number(0, 1))});
  add("PublishVersion", {Verb::post, kVersions},
      {function_name(), body("CodeSha256"), body("Description").length(0, 256), body("RevisionId")},
      &Lambda::publish)
      .success = 201;
  add("ListVersionsByFunction", {Verb::get, kVersions},
      {function_name(), query("Marker"), query("MaxItems").integer(1, 10'000)}, &Lambda::list_versions);
  add("CreateAlias", {Verb::post, kAliases},
      {function_name(), body("Name").required().length(1, 128), body("FunctionVersion").required(),
       body("Description").length(0, 256), routing},
      &Lambda::create_alias)
      .success = 201;
  add("ListAliases", {Verb::get, kAliases},
      {function_name(), query("FunctionVersion"), query("Marker"), query("MaxItems").integer(1, 10'000)},
      &Lambda::list_aliases);
  add("GetAlias", {Verb::get, kAlias}, {function_name(), path_member("Name")}, &Lambda::get_alias);
  add("UpdateAlias", {Verb::put, kAlias},
      {function_name(), path_member("Name"), body("FunctionVersion"), body("Description").length(0, 256),
       body("RevisionId"), routing},
      &Lambda::update_alias);
  add("DeleteAlias", {Verb::del, kAlias}, {function_name(), path_member("Name")}, &Lambda::drop_alias)
      .success = 204;
}

/// The version that is there already if nothing has changed since.
std::shared_ptr<const Version> Lambda::publish(FunctionRecord& record, const std::string& description) {
  const auto& latest = *record.latest;
  if (!record.published.empty()) {
    const auto& last = record.published.rbegin()->second;
    if (last->code == latest.code && last->settings == latest.settings) return last;
  }
  auto version = std::make_shared<Version>(latest);
  version->number = std::to_string(record.next_version);
  version->revision_id = random_.uuid();
  version->settings["Description"] = description;
  make_runnable(*version, record.reserved_concurrency);
  record.published[record.next_version++] = version;
  return version;
}

Answer<Json> Lambda::publish(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  auto& kept = *named->record;
  if (question.has("CodeSha256") && question.str("CodeSha256") != kept.latest->code->sha256) {
    return invalid("CodeSHA256 (" + question.str("CodeSha256") +
                   ") is different from current CodeSHA256 in $LATEST (" + kept.latest->code->sha256 +
                   "). Please try again with the CodeSHA256 in $LATEST.");
  }
  if (question.has("RevisionId") && question.str("RevisionId") != kept.latest->revision_id)
    return Fault{"PreconditionFailedException",
                 "The RevisionId provided does not match the latest RevisionId.", 412};
  if (kept.published.size() >= kMaxVersions) {
    return Fault{"CodeStorageExceededException",
                 "This emulator keeps " + std::to_string(kMaxVersions) + " versions of a function"};
  }
  const auto description = question.has("Description")
                               ? question.str("Description")
                               : kept.latest->settings.at("Description").get<std::string>();
  return configuration(*publish(kept, description), true);
}

Answer<Json> Lambda::list_versions(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  std::vector<Json> all{configuration(*named->record->latest, true)};
  for (const auto& [number, version] : named->record->published) all.push_back(configuration(*version, true));
  return page_of(question, "Versions", all);
}

Answer<Json> Lambda::create_alias(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  const auto name = question.str("Name");
  if (!is_alias_name(name)) {
    return rule_broken(name, "name",
                       "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)");
  }
  if (auto good = check_alias_input(question); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  auto& kept = **found;
  if (kept.aliases.contains(name))
    return conflict("Alias already exists: " + ref->function_arn() + ":" + name);
  if (kept.aliases.size() >= kMaxAliases)
    return invalid("This emulator keeps " + std::to_string(kMaxAliases) + " aliases of a function");
  if (auto good = check_version(kept, *ref, question.str("FunctionVersion")); !good) return good.fault();
  const auto& alias = kept.aliases[name] = {.name = name,
                                            .version = question.str("FunctionVersion"),
                                            .description = question.str("Description"),
                                            .revision_id = random_.uuid()};
  return alias_json(*ref, alias);
}

Answer<Json> Lambda::get_alias(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  const auto alias = named->record->aliases.find(question.str("Name"));
  if (alias == named->record->aliases.end()) return no_such_alias(named->ref, question.str("Name"));
  return alias_json(named->ref, alias->second);
}

Answer<Json> Lambda::update_alias(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  if (auto good = check_alias_input(question); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  const auto at = (*found)->aliases.find(question.str("Name"));
  if (at == (*found)->aliases.end()) return no_such_alias(*ref, question.str("Name"));
  auto& alias = at->second;
  if (question.has("RevisionId") && question.str("RevisionId") != alias.revision_id) {
    return Fault{
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias "
        "API to retrieve the latest RevisionId",
        412};
  }
  if (question.has("FunctionVersion")) {
    if (auto good = check_version(**found, *ref, question.str("FunctionVersion")); !good) return good.fault();
    alias.version = question.str("FunctionVersion");
  }
  if (question.has("Description")) alias.description = question.str("Description");
  alias.revision_id = random_.uuid();
  return alias_json(*ref, alias);
}

/// One that is not there is no error (AWS).
Answer<Json> Lambda::drop_alias(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  named->record->aliases.erase(question.str("Name"));
  return Json::object();
}

Answer<Json> Lambda::list_aliases(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  std::vector<Json> all;
  for (const auto& [name, alias] : named->record->aliases) {
    if (!question.has("FunctionVersion") || alias.version == question.str("FunctionVersion"))
      all.push_back(alias_json(named->ref, alias));
  }
  return page_of(question, "Aliases", all);
}

}  // namespace iotemu::neighbours::lambda
