#include "emulator/neighbours/greengrass/greengrass.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/iso_time.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::header;
using api::Member;
using api::path_member;
using api::query;
using api::Verb;

/// Of one family, in one account and region.
constexpr std::size_t kMaxDefinitions = 10'000;
constexpr std::size_t kMaxVersions = 1'000;
constexpr std::size_t kMaxTokens = 10'000;
constexpr std::size_t kMaxListed = 50;
constexpr std::size_t kMaxTags = 50;

constexpr std::array<std::string_view, 2> kComponents{"GreengrassSystem", "Lambda"};
constexpr std::array<std::string_view, 5> kLevels{"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
constexpr std::array<std::string_view, 2> kLoggerTypes{"FileSystem", "AWSCloudWatch"};
constexpr const char* kCoreArn = "CoreDefinitionVersionArn";
constexpr const char* kLoggerArn = "LoggerDefinitionVersionArn";
/// Members of a group version whose definitions are not built.
constexpr std::array<const char*, 5> kUnbuilt{"ConnectorDefinitionVersionArn", "DeviceDefinitionVersionArn",
                                              "FunctionDefinitionVersionArn", "ResourceDefinitionVersionArn",
                                              "SubscriptionDefinitionVersionArn"};

Fault refused(std::string message, unsigned status = 400) {
  return {"BadRequestException", std::move(message), status};
}

/// `2026-01-18T09:18:06.123Z`
std::string date(Time time) {
  auto text = iso_time(time);
  auto part = std::to_string(epoch_ms(time) % 1000);
  part.insert(0, 3 - part.size(), '0');
  text.insert(text.size() - 1, "." + part);
  return text;
}

Member cores() {
  return body("Cores").list_of(
      body("member").structure({body("CertificateArn").required(), body("Id").required().length(1, 128),
                                body("SyncShadow").boolean(), body("ThingArn").required()}));
}

Member loggers() {
  return body("Loggers").list_of(body("member").structure(
      {body("Component").required().one_of(kComponents), body("Id").required().length(1, 128),
       body("Level").required().one_of(kLevels), body("Space").integer(0),
       body("Type").required().one_of(kLoggerTypes)}));
}

std::vector<Member> content_members(std::string_view kind) {
  if (kind == "CoreDefinition") return {cores()};
  if (kind == "LoggerDefinition") return {loggers()};
  std::vector<Member> members{body(kCoreArn), body(kLoggerArn)};
  for (const auto* name : kUnbuilt) members.push_back(body(name));
  return members;
}

/// The content among the members of a request that has others as well.
Json content_in(const Json& input, std::string_view kind) {
  auto content = Json::object();
  for (const auto& member : content_members(kind)) {
    if (const auto found = input.find(member.name); found != input.end()) content[member.name] = *found;
  }
  return content;
}

bool is_role(const std::string& arn) {
  const auto role = arn.find(":role/");
  return arn.starts_with("arn:aws") && arn.find(":iam::") != arn.npos && role != arn.npos &&
         role + 6 < arn.size();
}

}  // namespace

const Greengrass::Family Greengrass::kCores{"CoreDefinition", "definition/cores", "CoreDefinitionId",
                                            "CoreDefinitionVersionId", "Definitions"};
const Greengrass::Family Greengrass::kLoggers{"LoggerDefinition", "definition/loggers", "LoggerDefinitionId",
                                              "LoggerDefinitionVersionId", "Definitions"};
const Greengrass::Family Greengrass::kGroups{"Group", "groups", "GroupId", "GroupVersionId", "Groups"};

namespace {

std::string arn_of(const Realm& realm, std::string_view path, const std::string& id) {
  return "arn:" + std::string{partition(realm.region)} + ":greengrass:" + realm.region + ":" + realm.account +
         ":/greengrass/" + std::string{path} + "/" + id;
}

}  // namespace

template <const Greengrass::Family& family>
void Greengrass::add_family(std::string_view create, std::string_view create_version, std::string_view get,
                            std::string_view get_version, std::string_view list,
                            std::string_view list_versions, std::string_view update,
                            std::string_view remove) {
  // The rows keep views of their paths.
  static const std::string all = "/greengrass/" + std::string{family.path};
  static const std::string one = all + "/{" + std::string{family.id} + "}";
  static const std::string versions = one + "/versions";
  static const std::string version = versions + "/{" + std::string{family.version_id} + "}";
  const auto id = path_member(family.id);
  const auto token = header("AmznClientToken", "X-Amzn-Client-Token").length(1, 128);
  const auto content = content_members(family.kind);
  const auto name = family.kind == "Group" ? body("Name").required() : body("Name");
  const auto tags =
      body("tags").map_of(body("key").length(1, 128), body("value").length(0, 256)).length(0, kMaxTags);
  add(create, {Verb::post, all},
      {token, body("InitialVersion").structure(content), name.length(1, 1024), tags},
      &Greengrass::create<family>);
  auto members = content;
  members.push_back(id);
  members.push_back(token);
  add(create_version, {Verb::post, versions}, members, &Greengrass::create_version<family>);
  add(get, {Verb::get, one}, {id}, &Greengrass::get<family>);
  add(get_version, {Verb::get, version}, {id, path_member(family.version_id), query("NextToken")},
      &Greengrass::get_version<family>);
  const auto page = query("MaxResults").integer(1, kMaxListed);
  add(list, {Verb::get, all}, {page, query("NextToken")}, &Greengrass::list<family>);
  add(list_versions, {Verb::get, versions}, {id, page, query("NextToken")},
      &Greengrass::list_versions<family>);
  add(update, {Verb::put, one}, {id, body("Name").length(1, 1024)}, &Greengrass::update<family>);
  add(remove, {Verb::del, one}, {id}, &Greengrass::remove<family>);
}

Greengrass::Greengrass(const Clock& clock, Random& random)
    : Service{{.name = "greengrass", .protocol = Protocol::rest, .invalid = "BadRequestException"}},
      clock_{clock},
      random_{random} {
  add_family<kCores>("CreateCoreDefinition", "CreateCoreDefinitionVersion", "GetCoreDefinition",
                     "GetCoreDefinitionVersion", "ListCoreDefinitions", "ListCoreDefinitionVersions",
                     "UpdateCoreDefinition", "DeleteCoreDefinition");
  add_family<kLoggers>("CreateLoggerDefinition", "CreateLoggerDefinitionVersion", "GetLoggerDefinition",
                       "GetLoggerDefinitionVersion", "ListLoggerDefinitions", "ListLoggerDefinitionVersions",
                       "UpdateLoggerDefinition", "DeleteLoggerDefinition");
  add_family<kGroups>("CreateGroup", "CreateGroupVersion", "GetGroup", "GetGroupVersion", "ListGroups",
                      "ListGroupVersions", "UpdateGroup", "DeleteGroup");
  constexpr std::string_view kRole = "/greengrass/groups/{GroupId}/role";
  constexpr std::string_view kServiceRole = "/greengrass/servicerole";
  const auto arn = body("RoleArn").required();
  const auto id = path_member("GroupId");
  add("AssociateRoleToGroup", {Verb::put, kRole}, {id, arn}, &Greengrass::associate_role);
  add("GetAssociatedRole", {Verb::get, kRole}, {id}, &Greengrass::get_role);
  add("DisassociateRoleFromGroup", {Verb::del, kRole}, {id}, &Greengrass::disassociate_role);
  add("AssociateServiceRoleToAccount", {Verb::put, kServiceRole}, {arn}, &Greengrass::associate_service_role);
  add("GetServiceRoleForAccount", {Verb::get, kServiceRole}, {}, &Greengrass::get_service_role);
  add("DisassociateServiceRoleFromAccount", {Verb::del, kServiceRole}, {},
      &Greengrass::disassociate_service_role);
}

void Greengrass::reset() {
  const std::lock_guard lock{mutex_};
  homes_.clear();
}

Answer<Greengrass::Home*> Greengrass::home_to_fill(const Realm& realm) {
  if (!homes_.contains(realm) && homes_.size() >= kMaxHomes) return too_many_homes("BadRequestException");
  return &homes_[realm];
}

Answer<Greengrass::Definition*> Greengrass::definition(const Question& question, const Family& family) {
  const auto id = question.str(family.id);
  if (const auto home = homes_.find(question.realm); home != homes_.end()) {
    auto& definitions = home->second.families[family.kind];
    if (const auto found = definitions.find(id); found != definitions.end()) return &found->second;
  }
  return refused("There is no " + std::string{family.kind} + " " + id, 404);
}

Json Greengrass::description(const Realm& realm, const Family& family, const Definition& definition) {
  const auto arn = arn_of(realm, family.path, definition.id);
  Json json{{"Arn", arn},
            {"Id", definition.id},
            {"CreationTimestamp", date(definition.created)},
            {"LastUpdatedTimestamp", date(definition.changed)}};
  if (!definition.name.empty()) json["Name"] = definition.name;
  if (!definition.versions.empty()) {
    json["LatestVersion"] = definition.versions.back().id;
    json["LatestVersionArn"] = arn + "/versions/" + definition.versions.back().id;
  }
  return json;
}

Json Greengrass::version_json(const Realm& realm, const Family& family, const Definition& definition,
                              const Version& version) {
  return {{"Arn", arn_of(realm, family.path, definition.id) + "/versions/" + version.id},
          {"Id", definition.id},
          {"Version", version.id},
          {"CreationTimestamp", date(version.created)}};
}

Done Greengrass::check_content(const Home& home, const Realm& realm, const Family& family,
                               const Json& content) const {
  for (const auto& core : content.value("Cores", Json::array())) {
    if (content.at("Cores").size() > 1) return refused("A definition of cores has at most one core");
    if (iot_resource(realm, core.at("CertificateArn").get<std::string>()).starts_with("cert/") &&
        iot_resource(realm, core.at("ThingArn").get<std::string>()).starts_with("thing/")) {
      continue;
    }
    return refused(
        "CertificateArn and ThingArn of a core name a certificate and a thing of this account and region");
  }
  if (family.kind != kGroups.kind) return Ok{};
  for (const auto* name : kUnbuilt) {
    if (content.contains(name)) {
      return refused(std::string{name} + " is not emulated; groups have core and logger definitions");
    }
  }
  for (const auto& [member, of] : {std::pair{kCoreArn, &kCores}, std::pair{kLoggerArn, &kLoggers}}) {
    if (!content.contains(member)) continue;
    const std::string arn = content.at(member);
    const auto known = home.families.find(of->kind);
    const bool there =
        known != home.families.end() && std::ranges::any_of(known->second, [&](const auto& entry) {
          return std::ranges::any_of(entry.second.versions, [&](const Version& version) {
            return arn_of(realm, of->path, entry.first) + "/versions/" + version.id == arn;
          });
        });
    if (!there) return refused("The " + std::string{member} + " " + arn + " does not exist");
  }
  return Ok{};
}

Done Greengrass::add_version(const Question& question, const Family& family, Definition& definition,
                             Json content) {
  const auto& home = homes_.at(question.realm);
  if (auto good = check_content(home, question.realm, family, content); !good) return good;
  if (definition.versions.size() >= kMaxVersions) {
    return refused("There are " + std::to_string(kMaxVersions) + " versions already");
  }
  definition.versions.push_back(
      {.id = random_.uuid(), .content = std::move(content), .created = clock_.now()});
  definition.changed = clock_.now();
  return Ok{};
}

Answer<Json> Greengrass::create_in(const Question& question, const Family& family) {
  const auto home = home_to_fill(question.realm);
  if (!home) return home.fault();
  auto& definitions = (*home)->families[family.kind];
  const auto token = question.str("AmznClientToken");
  const auto key = std::string{family.kind} + " " + token;
  if (const auto known = (*home)->tokens.find(key); known != (*home)->tokens.end()) {
    if (const auto found = definitions.find(known->second); found != definitions.end()) {
      return description(question.realm, family, found->second);
    }
  }
  if (definitions.size() >= kMaxDefinitions) {
    return refused("There are " + std::to_string(kMaxDefinitions) + " already; delete some");
  }
  Definition made{
      .id = random_.uuid(), .name = question.str("Name"), .created = clock_.now(), .changed = clock_.now()};
  if (const auto tags = question.input.find("tags"); tags != question.input.end()) {
    for (const auto& [name, value] : tags->items()) made.tags[name] = value;
  }
  if (question.has("InitialVersion")) {
    auto added = add_version(question, family, made, question.input.at("InitialVersion"));
    if (!added) return added.fault();
  }
  if (!token.empty()) {
    if ((*home)->tokens.size() >= kMaxTokens) (*home)->tokens.clear();
    (*home)->tokens[key] = made.id;
  }
  const auto id = made.id;
  return description(question.realm, family, definitions.emplace(id, std::move(made)).first->second);
}

Answer<Json> Greengrass::list_in(const Question& question, const Family& family) {
  const auto limit = static_cast<std::size_t>(question.integer("MaxResults", kMaxListed));
  const auto after = from_base64(question.str("NextToken"));
  if (!after) return refused("The NextToken is none that was given");
  Json answer{{family.versions, Json::array()}};
  const auto home = homes_.find(question.realm);
  if (home == homes_.end()) return answer;
  auto& list = answer[std::string{family.versions}];
  const auto& definitions = home->second.families[family.kind];
  for (auto it = definitions.upper_bound(*after); it != definitions.end(); ++it) {
    if (list.size() == limit) {
      answer["NextToken"] = to_base64(list.back().at("Id").get<std::string>());
      break;
    }
    list.push_back(description(question.realm, family, it->second));
  }
  return answer;
}

Answer<Json> Greengrass::list_versions_of(const Question& question, const Family& family) {
  const auto found = definition(question, family);
  if (!found) return found.fault();
  const auto limit = static_cast<std::size_t>(question.integer("MaxResults", kMaxListed));
  const auto token = from_base64(question.str("NextToken"));
  std::size_t first = 0;
  if (token && !token->empty()) {
    const auto* end = token->data() + token->size();
    const auto parsed = std::from_chars(token->data(), end, first);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return refused("The NextToken is none that was given");
  } else if (!token) {
    return refused("The NextToken is none that was given");
  }
  Json answer{{"Versions", Json::array()}};
  const auto& versions = (*found)->versions;
  for (; first < versions.size(); ++first) {
    if (answer["Versions"].size() == limit) {
      answer["NextToken"] = to_base64(std::to_string(first));
      break;
    }
    answer["Versions"].push_back(version_json(question.realm, family, **found, versions[first]));
  }
  return answer;
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::create(const Question& question) {
  const std::lock_guard lock{mutex_};
  return create_in(question, family);
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::create_version(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = definition(question, family);
  if (!found) return found.fault();
  const auto token = question.str("AmznClientToken");
  if (!token.empty()) return refused("X-Amzn-Client-Token is not emulated for versions; leave it out");
  auto added = add_version(question, family, **found, content_in(question.input, family.kind));
  if (!added) return added.fault();
  return version_json(question.realm, family, **found, (*found)->versions.back());
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::get(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = definition(question, family);
  if (!found) return found.fault();
  auto json = description(question.realm, family, **found);
  if (!(*found)->tags.empty()) json["tags"] = (*found)->tags;
  return json;
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::get_version(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = definition(question, family);
  if (!found) return found.fault();
  const auto id = question.str(family.version_id);
  for (const auto& version : (*found)->versions) {
    if (version.id != id) continue;
    auto json = version_json(question.realm, family, **found, version);
    json["Definition"] = version.content;
    return json;
  }
  return refused("There is no version " + id + " of it", 404);
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::list(const Question& question) {
  const std::lock_guard lock{mutex_};
  return list_in(question, family);
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::list_versions(const Question& question) {
  const std::lock_guard lock{mutex_};
  return list_versions_of(question, family);
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::update(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = definition(question, family);
  if (!found) return found.fault();
  (*found)->name = question.str("Name");
  (*found)->changed = clock_.now();
  return Json::object();
}

template <const Greengrass::Family& family>
Answer<Json> Greengrass::remove(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = definition(question, family);
  if (!found) return found.fault();
  const auto id = (*found)->id;
  homes_.at(question.realm).families.at(family.kind).erase(id);
  return Json::object();
}

Answer<Json> Greengrass::associate_role(const Question& question) {
  const auto arn = question.str("RoleArn");
  if (!is_role(arn)) return refused("RoleArn " + arn + " is not the ARN of a role");
  const std::lock_guard lock{mutex_};
  const auto group = definition(question, kGroups);
  if (!group) return group.fault();
  (*group)->role = {.arn = arn, .associated = clock_.now()};
  return Json{{"AssociatedAt", date(clock_.now())}};
}

Answer<Json> Greengrass::get_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto group = definition(question, kGroups);
  if (!group) return group.fault();
  const auto& role = (*group)->role;
  if (role.arn.empty()) return refused("You need to attach an IAM role to this deployment group.", 404);
  return Json{{"AssociatedAt", date(role.associated)}, {"RoleArn", role.arn}};
}

Answer<Json> Greengrass::disassociate_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto group = definition(question, kGroups);
  if (!group) return group.fault();
  (*group)->role = {};
  return Json{{"DisassociatedAt", date(clock_.now())}};
}

Answer<Json> Greengrass::associate_service_role(const Question& question) {
  const auto arn = question.str("RoleArn");
  if (!is_role(arn)) return refused("RoleArn " + arn + " is not the ARN of a role");
  const std::lock_guard lock{mutex_};
  const auto home = home_to_fill(question.realm);
  if (!home) return home.fault();
  (*home)->service_role = {.arn = arn, .associated = clock_.now()};
  return Json{{"AssociatedAt", date(clock_.now())}};
}

Answer<Json> Greengrass::get_service_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto home = homes_.find(question.realm);
  if (home == homes_.end() || home->second.service_role.arn.empty()) {
    // The model has no other error for this operation.
    return Fault{"InternalServerErrorException", "You need to attach a service role to this account.", 404};
  }
  const auto& role = home->second.service_role;
  return Json{{"AssociatedAt", date(role.associated)}, {"RoleArn", role.arn}};
}

Answer<Json> Greengrass::disassociate_service_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  if (const auto home = homes_.find(question.realm); home != homes_.end()) home->second.service_role = {};
  return Json{{"DisassociatedAt", date(clock_.now())}};
}

}  // namespace iotemu::neighbours
