#include <algorithm>

#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"
#include "emulator/neighbours/lambda/paging.h"
#include "emulator/neighbours/lambda/settings.h"

namespace iotemu::neighbours::lambda {
namespace {

using api::body;
using api::path_member;
using api::query;
using api::Verb;

constexpr std::size_t kMaxFunctions = 1'000;  ///< of all realms together
constexpr std::size_t kMaxTags = 50;

api::Member function_name() {
  return path_member("FunctionName").length(1, 170);
}
api::Member qualifier() {
  return query("Qualifier").length(1, 128);
}

std::vector<api::Member> with_settings(std::vector<api::Member> members) {
  const auto settings = setting_members();
  members.insert(members.end(), settings.begin(), settings.end());
  return members;
}

Done check_tags(const Json& tags) {
  if (tags.size() > kMaxTags) return invalid("A function has at most 50 tags");
  for (const auto& [name, value] : tags.items()) {
    if (name.empty() || name.size() > 128 || value.get_ref<const std::string&>().size() > 256)
      return invalid("The key of a tag has 1 to 128 characters, its value up to 256");
  }
  return Ok{};
}

}  // namespace

void Lambda::add_function_operations() {
  const auto code =
      std::vector<api::Member>{body("ZipFile"), body("S3Bucket").length(3, 63), body("S3Key").length(1, 1024),
                               body("S3ObjectVersion").length(1, 1024), body("ImageUri")};
  auto& creating = add(
      "CreateFunction", {Verb::post, "/2015-03-31/functions"},
      with_settings({body("FunctionName").required().length(1, 140), body("Code").required().structure(code),
                     body("Publish").boolean(), body("Tags").map_of(body("key"), body("value"))}),
      &Lambda::create, true);
  creating.success = 201;
  creating.max_body = kMaxBodyOfAll;
  add("ListFunctions", {Verb::get, "/2015-03-31/functions"},
      {query("MasterRegion"), query("FunctionVersion"), query("Marker"),
       query("MaxItems").integer(1, 10'000)},
      &Lambda::list);
  add("GetFunction", {Verb::get, "/2015-03-31/functions/{FunctionName}"}, {function_name(), qualifier()},
      &Lambda::get);
  add("GetFunctionConfiguration", {Verb::get, "/2015-03-31/functions/{FunctionName}/configuration"},
      {function_name(), qualifier()}, &Lambda::get_configuration);
  add("DeleteFunction", {Verb::del, "/2015-03-31/functions/{FunctionName}"}, {function_name(), qualifier()},
      &Lambda::drop)
      .success = 204;
  auto code_members = code;
  code_members.insert(code_members.end(), {function_name(), body("Publish").boolean(),
                                           body("DryRun").boolean(), body("RevisionId"), architectures()});
  add("UpdateFunctionCode", {Verb::put, "/2015-03-31/functions/{FunctionName}/code"}, code_members,
      &Lambda::update_code, true)
      .max_body = kMaxBodyOfAll;
  add("UpdateFunctionConfiguration", {Verb::put, "/2015-03-31/functions/{FunctionName}/configuration"},
      with_settings({function_name(), body("RevisionId")}), &Lambda::update_configuration);
  add("GetAccountSettings", {Verb::get, "/2016-08-19/account-settings"}, {}, &Lambda::account_settings);
  // Where Code.Location leads: unsigned, as a presigned URL is.
  add("GetFunctionArchive", {Verb::get, kArchivePath}, {path_member("CodeId")}, &Lambda::get_archive, true)
      .placed = {{"Archive", OutputPlace::Kind::payload}};
}

Answer<Json> Lambda::create(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  if (!ref->qualifier.empty()) return invalid("A function is created without a version or alias");
  if (!question.has("Role")) return rule_broken("null", "role", "Member must not be null");
  auto settings = merged_settings(Json(), question.input);
  if (auto good = lambda::check_settings(settings, question.input); !good) return good.fault();
  if (auto good = check_settings(settings); !good) return good.fault();
  const auto tags = question.has("Tags") ? question.input.at("Tags") : Json::object();
  if (auto good = check_tags(tags); !good) return good.fault();
  const auto taken = [&] { return conflict("Function already exist: " + ref->name); };
  {
    const std::lock_guard lock{mutex_};
    if (functions_.contains({ref->realm, ref->name})) return taken();
    if (functions_.size() >= kMaxFunctions)
      return Fault{"CodeStorageExceededException",
                   "This emulator keeps " + std::to_string(kMaxFunctions) + " functions; delete some"};
  }
  auto code = read_code(question.input.at("Code"));
  if (!code) return code.fault();
  auto version = std::make_shared<Version>();
  version->function = *ref;
  version->revision_id = random_.uuid();
  version->modified = clock_.now();
  version->settings = std::move(settings);
  version->code = std::move(*code);
  make_runnable(*version, std::nullopt);
  const std::lock_guard lock{mutex_};
  FunctionRecord record{.latest = version};
  if (!tags.empty()) record.tags = tags;
  const auto [at, added] = functions_.emplace(Key{ref->realm, ref->name}, std::move(record));
  if (!added) return taken();
  if (question.flag("Publish"))
    return configuration(*publish(at->second, version->settings.at("Description")), true);
  return configuration(*version, false);
}

Answer<Json> Lambda::get(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  if (only_played(*ref)) return Json{{"Configuration", played_configuration(*ref, !ref->qualifier.empty())}};
  const auto found = find(*ref);
  if (!found) return found.fault();
  const auto& version = *found->version;
  const auto& record = functions_.at({ref->realm, ref->name});
  Json answer{{"Configuration", configuration(version, !ref->qualifier.empty())}};
  if (version.code->archive.empty()) {
    answer["Code"] = {{"RepositoryType", "Folder"}, {"Location", "file://" + version.code->folder}};
  } else {
    const auto path = std::string{kArchivePath.substr(0, kArchivePath.find('{'))};
    answer["Code"] = {{"RepositoryType", "S3"}, {"Location", question.endpoint + path + version.code->id}};
  }
  if (!record.tags.empty()) answer["Tags"] = record.tags;
  if (record.reserved_concurrency)
    answer["Concurrency"] = {{"ReservedConcurrentExecutions", *record.reserved_concurrency}};
  return answer;
}

Answer<Json> Lambda::get_configuration(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  if (only_played(*ref)) return played_configuration(*ref, !ref->qualifier.empty());
  const auto found = find(*ref);
  if (!found) return found.fault();
  return configuration(*found->version, !ref->qualifier.empty());
}

Answer<Json> Lambda::list(const Question& question) {
  const bool every_version = question.str("FunctionVersion") == "ALL";
  if (question.has("FunctionVersion") && !every_version)
    return rule_broken(question.str("FunctionVersion"), "functionVersion",
                       "Member must satisfy enum value set: [ALL]");
  if (question.has("MasterRegion")) return unbuilt("MasterRegion", "leave it out");
  std::vector<Json> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [key, record] : functions_) {
    if (key.first != question.realm) continue;
    all.push_back(configuration(*record.latest, every_version));
    if (!every_version) continue;
    for (const auto& [number, version] : record.published) all.push_back(configuration(*version, true));
  }
  for (auto& name : names_only_played(question.realm))
    all.push_back(played_configuration({.realm = question.realm, .name = std::move(name)}, every_version));
  return page_of(question, "Functions", all);
}

Answer<Json> Lambda::drop(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  FunctionRecord ending;
  std::shared_ptr<const Version> version;
  {
    const std::lock_guard lock{mutex_};
    const auto found = find(*ref);
    if (!found) return found.fault();
    const auto at = functions_.find({ref->realm, ref->name});
    if (ref->qualifier.empty()) {
      ending = std::move(at->second);
      functions_.erase(at);
    } else if (!is_version_number(ref->qualifier)) {
      return invalid(ref->qualifier == kLatest
                         ? "$LATEST version cannot be deleted without deleting the function."
                         : "Deletion of aliases is not currently supported.");
    } else {
      for (const auto& [name, alias] : at->second.aliases) {
        if (alias.version == ref->qualifier)
          return conflict("Version " + ref->qualifier + " is the alias " + name + "'s; delete that first");
      }
      version = found->version;
      at->second.published.erase(std::stoull(ref->qualifier));
    }
  }
  // Its code goes when the last process that runs it has ended.
  if (ending.latest) retire(ending);
  if (version) runtime_.retire(version->arn(), version->revision_id);
  return Json::object();
}

/// A new $LATEST: `change` gives what is wrong with it, or nothing.
template <class Change>
Answer<Json> Lambda::change(const Question& question, Change change) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  if (!ref->qualifier.empty() && ref->qualifier != kLatest)
    return invalid("Updating a published version or an alias is not possible; name the function alone");
  std::shared_ptr<const Version> old;
  Answer<Json> answer = Json::object();
  {
    const std::lock_guard lock{mutex_};
    const auto found = record(*ref);
    if (!found) return found.fault();
    auto& kept = **found;
    if (auto good = check_revision(question, kept.latest->revision_id); !good) return good.fault();
    auto next = std::make_shared<Version>(*kept.latest);
    next->revision_id = random_.uuid();
    next->modified = clock_.now();
    if (auto done = change(*next); !done) return done.fault();
    make_runnable(*next, kept.reserved_concurrency);
    if (question.flag("DryRun")) return configuration(*next, false);
    old = std::exchange(kept.latest, next);
    answer = question.flag("Publish") ? configuration(*publish(kept, next->settings.at("Description")), true)
                                      : configuration(*next, false);
  }
  runtime_.retire(old->arn(), old->revision_id);
  return answer;
}

Answer<Json> Lambda::update_code(const Question& question) {
  {
    const auto ref = parse_function(question.realm, question.str("FunctionName"));
    if (!ref) return ref.fault();
    const std::lock_guard lock{mutex_};
    if (const auto found = record(*ref); !found) return found.fault();
  }
  auto code = read_code(question.input);
  if (!code) return code.fault();
  return change(question, [&](Version& next) -> Done {
    next.code = *code;
    if (question.has("Architectures")) next.settings["Architectures"] = question.input.at("Architectures");
    return Ok{};
  });
}

Answer<Json> Lambda::update_configuration(const Question& question) {
  return change(question, [&](Version& next) -> Done {
    next.settings = merged_settings(next.settings, question.input);
    if (auto good = lambda::check_settings(next.settings, question.input); !good) return good;
    return check_settings(next.settings);
  });
}

Answer<Json> Lambda::get_archive(const Question& question) {
  const auto id = question.str("CodeId");
  std::shared_ptr<const Code> code;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [key, record] : functions_) {
      if (record.latest->code->id == id) code = record.latest->code;
      for (const auto& [number, version] : record.published) {
        if (version->code->id == id) code = version->code;
      }
    }
  }
  if (id.empty() || !code || code->archive.empty()) return not_there("There is no such code");
  return Json{{"Archive", CodeStore::archive_of(*code)}};
}

Answer<Json> Lambda::account_settings(const Question& question) {
  constexpr std::int64_t kConcurrency = 1000;
  std::int64_t reserved = 0;
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  const std::lock_guard lock{mutex_};
  for (const auto& [key, record] : functions_) {
    if (key.first != question.realm) continue;
    ++count;
    reserved += record.reserved_concurrency.value_or(0);
    bytes += record.latest->code->bytes;
    for (const auto& [number, version] : record.published) bytes += version->code->bytes;
  }
  return Json{{"AccountLimit",
               {{"TotalCodeSize", 80'530'636'800},
                {"CodeSizeUnzipped", 262'144'000},
                {"CodeSizeZipped", 52'428'800},
                {"ConcurrentExecutions", kConcurrency},
                {"UnreservedConcurrentExecutions", kConcurrency - reserved}}},
              {"AccountUsage", {{"TotalCodeSize", bytes}, {"FunctionCount", count}}}};
}

}  // namespace iotemu::neighbours::lambda
