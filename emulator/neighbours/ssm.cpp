#include "emulator/neighbours/ssm.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "emulator/neighbours/ssm_names.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::Member;
using ssm::check_name;
using ssm::invalid;
using ssm::is_below;
using ssm::passes;
using ssm::read_filters;
using ssm::select;

constexpr std::size_t kMaxParameters = 10'000;
constexpr std::size_t kMaxVersions = 100;
constexpr std::size_t kStandardBytes = 4096;
constexpr std::size_t kAdvancedBytes = 8192;
constexpr std::size_t kSealedBytes = 96;
constexpr const char* kDefaultKey = "alias/aws/ssm";

constexpr std::size_t kMaxTags = 50;
constexpr std::array<std::string_view, 9> kTagged{"Document",    "ManagedInstance", "MaintenanceWindow",
                                                  "Parameter",   "PatchBaseline",   "OpsItem",
                                                  "OpsMetadata", "Automation",      "Association"};
constexpr std::array<std::string_view, 3> kTypes{"String", "StringList", "SecureString"};
constexpr std::array<std::string_view, 3> kTiers{"Standard", "Advanced", "Intelligent-Tiering"};

Member name() {
  return body("Name").required().length(1, 2048);
}

Member names() {
  return body("Names").required().list_of(body("member").length(1, 2048)).length(1, 10);
}

Member tags() {
  return body("Tags")
      .list_of(body("member").structure(
          {body("Key").required().length(1, 128), body("Value").required().length(0, 256)}))
      .length(0, kMaxTags);
}

Member filters() {
  return body("ParameterFilters")
      .list_of(
          body("member").structure({body("Key").required().length(1, 132), body("Option").length(1, 10),
                                    body("Values").list_of(body("member").length(1, 1024)).length(1, 50)}));
}

std::vector<Member> tagged(std::vector<Member> more) {
  more.push_back(body("ResourceType").required().one_of(kTagged));
  more.push_back(body("ResourceId").required());
  return more;
}

Fault not_found(const std::string& name) {
  return {"ParameterNotFound", "There is no parameter " + name};
}

/// Where a parameter's name comes in its ARN: a name without a path gets its slash there.
std::string arn_of(const Realm& realm, const std::string& name) {
  return "arn:" + std::string{partition(realm.region)} + ":ssm:" + realm.region + ":" + realm.account +
         ":parameter" + (name.starts_with('/') ? "" : "/") + name;
}

/// What is asked for and cannot be had here: said, never ignored.
Done check_unbuilt(const Question& question) {
  if (question.has("AllowedPattern")) {
    return Fault{"InvalidAllowedPatternException", "AllowedPattern is not emulated"};
  }
  if (question.has("Policies"))
    return Fault{"InvalidPolicyTypeException", "Parameter policies are not emulated"};
  if (question.has("DataType") && question.str("DataType") != "text") {
    return invalid("The data type " + question.str("DataType") + " is not emulated; text is");
  }
  return Ok{};
}

Answer<std::string> tier_of(const std::string& asked, std::size_t bytes) {
  const bool large = bytes > kStandardBytes;
  if (large && asked != "Advanced" && asked != "Intelligent-Tiering") {
    return invalid(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
        "parameter value, upgrade the parameter to use the advanced-parameter tier.");
  }
  if (bytes > kAdvancedBytes) {
    return invalid("Advanced tier parameters support a maximum parameter value of 8192 characters.");
  }
  return std::string{large || asked == "Advanced" ? "Advanced" : "Standard"};
}

Json metadata(const Realm& realm, const std::string& name, const SsmVersion& version) {
  Json result{{"Name", name},
              {"Type", version.type},
              {"LastModifiedDate", epoch_seconds(version.changed)},
              {"LastModifiedUser",
               "arn:" + std::string{partition(realm.region)} + ":iam::" + realm.account + ":root"},
              {"Version", version.number},
              {"Tier", version.tier},
              {"Policies", Json::array()},
              {"DataType", "text"}};
  if (!version.description.empty()) result["Description"] = version.description;
  if (!version.key_id.empty()) result["KeyId"] = version.key_id;
  return result;
}

/// A page of what `chosen` lets through, each in the form that `form` gives it.
template <class Parameters, class Choose, class Form>
Json page(const Question& question, std::int64_t most, const Parameters& parameters, Choose choose,
          Form form) {
  const auto after = from_base64(question.str("NextToken")).value_or("");
  const auto limit = static_cast<std::size_t>(question.integer("MaxResults", most));
  Json answer{{"Parameters", Json::array()}};
  std::string last;
  for (const auto& [name, versions] : parameters) {
    if ((question.has("NextToken") && name <= after) || !choose(name, versions.back())) continue;
    if (answer["Parameters"].size() == limit) {
      answer["NextToken"] = to_base64(last);
      break;
    }
    answer["Parameters"].push_back(form(name, versions.back()));
    last = name;
  }
  return answer;
}

}  // namespace

Ssm::Ssm(const Clock& clock, Random& random)
    : Service{{.name = "ssm", .protocol = Protocol::json, .target = "AmazonSSM"}},
      clock_{clock},
      random_{random} {
  add("PutParameter",
      {name(), body("Description").length(0, 1024), body("Value").required(), body("Type").one_of(kTypes),
       body("KeyId").length(1, 256), body("Overwrite").boolean(), body("AllowedPattern").length(0, 1024),
       tags(), body("Tier").one_of(kTiers), body("Policies").length(1, 4096),
       body("DataType").length(0, 128)},
      &Ssm::put);
  add("GetParameter", {name(), body("WithDecryption").boolean()}, &Ssm::get);
  add("GetParameters", {names(), body("WithDecryption").boolean()}, &Ssm::get_several);
  add("GetParametersByPath",
      {body("Path").required().length(1, 2048), body("Recursive").boolean(), filters(),
       body("WithDecryption").boolean(), body("MaxResults").integer(1, 10), body("NextToken")},
      &Ssm::get_by_path);
  add("DeleteParameter", {name()}, &Ssm::remove);
  add("DeleteParameters", {names()}, &Ssm::remove_several);
  add("DescribeParameters",
      {filters(),
       body("Filters").list_of(
           body("member").structure({body("Key").required(), body("Values").list_of(body("member"))})),
       body("MaxResults").integer(1, 50), body("NextToken")},
      &Ssm::describe);
  add("AddTagsToResource", tagged({tags().required()}), &Ssm::add_tags);
  add("RemoveTagsFromResource", tagged({body("TagKeys").required().list_of(body("member").length(1, 128))}),
      &Ssm::remove_tags);
  add("ListTagsForResource", tagged({}), &Ssm::list_tags);
}

void Ssm::reset() {
  const std::lock_guard lock{mutex_};
  homes_.clear();
}

const Ssm::Home& Ssm::home(const Realm& realm) const {
  static const Home none;
  const auto found = homes_.find(realm);
  return found == homes_.end() ? none : found->second;
}

std::string Ssm::sealed() {
  std::vector<std::uint8_t> bytes(kSealedBytes);
  random_.fill(bytes);
  return to_base64(std::string{bytes.begin(), bytes.end()});
}

Answer<Json> Ssm::put(const Question& question) {
  const auto name = question.str("Name");
  const auto value = question.str("Value");
  if (auto good = check_name(name); !good) return good.fault();
  if (auto good = check_unbuilt(question); !good) return good.fault();
  if (value.empty()) return invalid("The value of a parameter must not be empty");
  const bool overwrite = question.flag("Overwrite");
  if (overwrite && question.has("Tags")) {
    return invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
        "remove overwrite flag.");
  }
  auto tier = tier_of(question.str("Tier"), value.size());
  if (!tier) return tier.fault();

  const std::lock_guard lock{mutex_};
  if (!homes_.contains(question.realm) && homes_.size() >= kMaxHomes) {
    return too_many_homes("ParameterLimitExceeded");
  }
  auto& home = homes_[question.realm];
  const auto found = home.parameters.find(name);
  const auto* last = found == home.parameters.end() ? nullptr : &found->second.back();
  if (last != nullptr && !overwrite) {
    return Fault{
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to "
        "true."};
  }
  auto type = question.str("Type");
  if (type.empty() && last == nullptr) {
    return invalid("A parameter type is required when you create a parameter.");
  }
  if (type.empty()) type = last->type;
  if (last != nullptr && last->type != type) {
    return Fault{"HierarchyTypeMismatchException", "The type of " + name + " is " + last->type +
                                                       " and cannot be changed; delete the parameter first"};
  }
  const bool secure = type == "SecureString";
  if (!secure && question.has("KeyId")) return invalid("KeyId is allowed for SecureString parameters only.");
  if (last == nullptr && home.parameters.size() >= kMaxParameters) {
    return Fault{"ParameterLimitExceeded",
                 "There are " + std::to_string(kMaxParameters) + " parameters already"};
  }
  auto& versions = home.parameters[name];
  versions.push_back({.number = last == nullptr ? 1 : last->number + 1,
                      .value = value,
                      .sealed = secure ? sealed() : std::string{},
                      .type = type,
                      .tier = *tier,
                      .key_id = !secure                 ? std::string{}
                                : question.has("KeyId") ? question.str("KeyId")
                                                        : kDefaultKey,
                      .description = question.str("Description"),
                      .changed = clock_.now()});
  if (versions.size() > kMaxVersions) versions.pop_front();
  for (const auto& tag : question.input.value("Tags", Json::array()))
    home.tags[name][tag.at("Key")] = tag.at("Value");
  return Json{{"Version", versions.back().number}, {"Tier", versions.back().tier}};
}

Answer<Json> Ssm::read(const Home& home, const Realm& realm, const std::string& asked, bool decrypt) const {
  if (asked.starts_with("arn:") && !asked.starts_with(arn_of(realm, "/"))) return not_found(asked);
  const auto selected = select(asked);
  const auto& parameters = home.parameters;
  auto found = parameters.find(selected.name);
  // The ARN of a name without a path holds a slash that is not the name's.
  if (found == parameters.end() && asked.starts_with("arn:"))
    found = parameters.find(selected.name.substr(1));
  if (found == parameters.end()) return not_found(asked);
  const auto* version = &found->second.back();
  if (!selected.selector.empty()) {
    std::int64_t number = 0;
    const auto* end = selected.selector.data() + selected.selector.size();
    const auto parsed = std::from_chars(selected.selector.data() + 1, end, number);
    const auto wanted = std::ranges::find(found->second, number, &SsmVersion::number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || wanted == found->second.end()) {
      return Fault{"ParameterVersionNotFound", "Systems Manager could not find version " +
                                                   selected.selector.substr(1) + " of " + found->first};
    }
    version = &*wanted;
  }
  const bool hidden = version->type == "SecureString" && !decrypt;
  Json parameter{{"Name", found->first},
                 {"Type", version->type},
                 {"Value", hidden ? version->sealed : version->value},
                 {"Version", version->number},
                 {"LastModifiedDate", epoch_seconds(version->changed)},
                 {"ARN", arn_of(realm, found->first)},
                 {"DataType", "text"}};
  if (!selected.selector.empty()) parameter["Selector"] = selected.selector;
  return parameter;
}

Answer<Json> Ssm::get(const Question& question) {
  const std::lock_guard lock{mutex_};
  auto parameter =
      read(home(question.realm), question.realm, question.str("Name"), question.flag("WithDecryption"));
  if (!parameter) return parameter;
  return Json{{"Parameter", std::move(*parameter)}};
}

Answer<Json> Ssm::get_several(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto& home = this->home(question.realm);
  Json answer{{"Parameters", Json::array()}, {"InvalidParameters", Json::array()}};
  for (const auto& name : question.input.at("Names")) {
    auto parameter = read(home, question.realm, name, question.flag("WithDecryption"));
    if (parameter) {
      answer["Parameters"].push_back(std::move(*parameter));
    } else {
      answer["InvalidParameters"].push_back(name);
    }
  }
  return answer;
}

Answer<Json> Ssm::get_by_path(const Question& question) {
  const auto path = question.str("Path");
  if (!path.starts_with('/')) {
    return invalid(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a "
        "forward slash \"/\".");
  }
  auto filters = read_filters(question.input.value("ParameterFilters", Json::array()), true);
  if (!filters) return filters.fault();
  const std::lock_guard lock{mutex_};
  const auto& home = this->home(question.realm);
  return page(
      question, 10, home.parameters,
      [&](const std::string& name, const SsmVersion& version) {
        return is_below(name, path, question.flag("Recursive")) && passes(*filters, name, version);
      },
      [&](const std::string& name, const SsmVersion&) {
        return *read(home, question.realm, name, question.flag("WithDecryption"));
      });
}

bool Ssm::erase(const Realm& realm, const std::string& name) {
  const auto found = homes_.find(realm);
  if (found == homes_.end()) return false;
  found->second.tags.erase(name);
  return found->second.parameters.erase(name) != 0;
}

Answer<Json> Ssm::remove(const Question& question) {
  const auto name = question.str("Name");
  const std::lock_guard lock{mutex_};
  if (!erase(question.realm, name)) return not_found(name);
  return Json::object();
}

Answer<Json> Ssm::remove_several(const Question& question) {
  const std::lock_guard lock{mutex_};
  Json answer{{"DeletedParameters", Json::array()}, {"InvalidParameters", Json::array()}};
  for (const auto& name : question.input.at("Names")) {
    const bool gone = erase(question.realm, name);
    answer[gone ? "DeletedParameters" : "InvalidParameters"].push_back(name);
  }
  return answer;
}

Answer<Json> Ssm::describe(const Question& question) {
  if (!question.input.value("Filters", Json::array()).empty()) {
    return Fault{"InvalidFilterKey", "Filters are not emulated; ParameterFilters are"};
  }
  auto filters = read_filters(question.input.value("ParameterFilters", Json::array()), false);
  if (!filters) return filters.fault();
  const std::lock_guard lock{mutex_};
  return page(
      question, 50, home(question.realm).parameters,
      [&](const std::string& name, const SsmVersion& version) { return passes(*filters, name, version); },
      [&](const std::string& name, const SsmVersion& version) {
        return metadata(question.realm, name, version);
      });
}

Answer<Ssm::Home*> Ssm::tagged_home(const Question& question) {
  if (question.str("ResourceType") != "Parameter") {
    return Fault{"InvalidResourceType",
                 "Of " + question.str("ResourceType") + " there are none; parameters have tags"};
  }
  const auto found = homes_.find(question.realm);
  if (found == homes_.end() || !found->second.parameters.contains(question.str("ResourceId"))) {
    return Fault{"InvalidResourceId", "There is no parameter " + question.str("ResourceId")};
  }
  return &found->second;
}

Answer<Json> Ssm::add_tags(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto home = tagged_home(question);
  if (!home) return home.fault();
  auto tags = (*home)->tags[question.str("ResourceId")];
  for (const auto& tag : question.input.at("Tags")) tags[tag.at("Key")] = tag.at("Value");
  if (tags.size() > kMaxTags) {
    return Fault{"TooManyTagsError", "A parameter has at most " + std::to_string(kMaxTags) + " tags"};
  }
  (*home)->tags[question.str("ResourceId")] = std::move(tags);
  return Json::object();
}

Answer<Json> Ssm::remove_tags(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto home = tagged_home(question);
  if (!home) return home.fault();
  for (const auto& key : question.input.at("TagKeys")) {
    (*home)->tags[question.str("ResourceId")].erase(key.get<std::string>());
  }
  return Json::object();
}

Answer<Json> Ssm::list_tags(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto home = tagged_home(question);
  if (!home) return home.fault();
  auto list = Json::array();
  for (const auto& [key, value] : (*home)->tags[question.str("ResourceId")]) {
    list.push_back({{"Key", key}, {"Value", value}});
  }
  return Json{{"TagList", std::move(list)}};
}

}  // namespace iotemu::neighbours
