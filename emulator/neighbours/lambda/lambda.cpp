#include "emulator/neighbours/lambda/lambda.h"

#include <algorithm>

#include "base/base64.h"
#include "emulator/neighbours/aws_ids.h"
#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/settings.h"

namespace iotemu::neighbours::lambda {

Lambda::Lambda(LambdaOptions options, const Clock& clock, Random& random, Timers& timers, WorkCounter& work,
               Executor& blocking_pool, runtime::Runtime& runtime, sqs::Mailbox& mailbox)
    : Service{{.name = "lambda", .protocol = Protocol::rest, .says_fault_type = true}},
      options_{std::move(options)},
      clock_{clock},
      random_{random},
      work_{work},
      runtime_{runtime},
      mailbox_{mailbox},
      code_{random, options_.code, blocking_pool},
      async_{*this, clock, timers, work},
      mappings_{*this, mailbox, random, timers, work} {
  add_function_operations();
  add_version_operations();
  add_setting_operations();
  add_invocation_operations();
  add_mapping_operations();
}

void Lambda::reset() {
  mappings_.clear();
  async_.clear();
  decltype(functions_) ending;
  {
    const std::lock_guard lock{mutex_};
    ending.swap(functions_);
  }
  for (const auto& [key, record] : ending) retire(record);
}

void Lambda::stop() {
  mappings_.clear();
  async_.clear();
  code_.stop();
}

void Lambda::retire(const FunctionRecord& record) {
  runtime_.retire(record.latest->arn(), record.latest->revision_id);
  for (const auto& [number, version] : record.published)
    runtime_.retire(version->arn(), version->revision_id);
}

Answer<Lambda::Named> Lambda::hold(const Question& question, std::string_view member) {
  auto ref = parse_function(question.realm, question.str(member));
  if (!ref) return ref.fault();
  std::unique_lock lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  return Named{.ref = std::move(*ref), .lock = std::move(lock), .record = *found};
}

Answer<FunctionRecord*> Lambda::record(const FunctionRef& ref) {
  const auto found = functions_.find({ref.realm, ref.name});
  if (found == functions_.end()) return missing(ref);
  return &found->second;
}

Answer<Lambda::Found> Lambda::find(const FunctionRef& ref) const {
  const auto function = functions_.find({ref.realm, ref.name});
  if (function == functions_.end()) return missing(ref);
  const auto& record = function->second;
  Found found{.qualifier = ref.qualifier, .reserved_concurrency = record.reserved_concurrency};
  auto number = ref.qualifier;
  if (const auto alias = record.aliases.find(number); alias != record.aliases.end())
    number = alias->second.version;
  if (number.empty() || number == kLatest) {
    found.version = record.latest;
  } else if (is_version_number(number) && number.size() < 18) {
    const auto version = record.published.find(std::stoull(number));
    if (version != record.published.end()) found.version = version->second;
  }
  if (!found.version) return not_found(ref.arn());
  return found;
}

void Lambda::make_runnable(Version& version, std::optional<std::int64_t> reserved_concurrency) {
  const auto& settings = version.settings;
  auto& runnable = version.runnable;
  runnable = {.realm = version.function.realm,
              .name = version.function.name,
              .arn = version.arn(),
              .version = version.number,
              .revision = version.revision_id,
              .runtime = settings.at("Runtime"),
              .handler = settings.at("Handler"),
              .folder = version.code->folder,
              .timeout = std::chrono::seconds{settings.at("Timeout").get<std::int64_t>()},
              .memory_mb = settings.at("MemorySize"),
              .scratch_mb = settings.at("EphemeralStorage").at("Size")};
  if (settings.contains("Environment")) {
    const auto variables = settings.at("Environment").value("Variables", Json::object());
    for (const auto& [name, value] : variables.items()) runnable.environment[name] = value;
  }
  if (reserved_concurrency) runnable.concurrency = static_cast<std::size_t>(*reserved_concurrency);
}

Done Lambda::check_settings(const Json& settings) const {
  if (auto can = runtime_.can_run(settings.at("Runtime").get<std::string>()); !can)
    return invalid(can.error().message);
  return Ok{};
}

/// `source`: ZipFile, S3Bucket and S3Key, or ImageUri.
Answer<std::shared_ptr<const Code>> Lambda::read_code(const Json& source) {
  if (source.contains("ImageUri")) return unbuilt("ImageUri", "upload a zip, or name a local folder");
  if (source.contains("S3Bucket") && source.contains("ZipFile"))
    return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  if (source.contains("ZipFile")) {
    const auto zip = from_base64(source.at("ZipFile").get_ref<const std::string&>());
    if (!zip) return Fault{"SerializationException", "Member 'zipFile' must be Base64"};
    if (zip->empty()) return invalid("Zip file is empty");
    return code_.unpack(*zip);
  }
  if (!source.contains("S3Bucket") || !source.contains("S3Key"))
    return invalid("Please provide a source for function code.");
  const auto bucket = source.at("S3Bucket").get<std::string>();
  if (bucket == kFolderBucket) {
    if (source.contains("S3ObjectVersion"))
      return unbuilt("S3ObjectVersion of a local folder", "leave it out: the folder is used as it is");
    return code_.in_place(source.at("S3Key").get<std::string>());
  }
  return unbuilt("Code in S3 (bucket " + bucket + ")",
                 "send the zip itself as ZipFile, or use a folder of this machine with S3Bucket=" +
                     std::string{kFolderBucket} + ",S3Key=/absolute/path");
}

Json Lambda::configuration(const Version& version, bool qualified) const {
  auto result = version.settings;
  result["FunctionName"] = version.function.name;
  result["FunctionArn"] = qualified ? version.arn() : version.function.function_arn();
  result["CodeSize"] = version.code->bytes;
  result["CodeSha256"] = version.code->sha256;
  result["Version"] = version.number;
  result["LastModified"] = iso_millis(version.modified) + "+0000";
  result["RevisionId"] = version.revision_id;
  result["State"] = "Active";
  result["LastUpdateStatus"] = "Successful";
  result["PackageType"] = "Zip";
  result["SnapStart"] = {{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}};
  return result;
}

Status Lambda::may_invoke(const Realm& realm, std::string_view function, const std::string& principal,
                          const std::string& source_arn) const {
  const auto ref = parse_function(realm, function);
  if (!ref) return Error{Errc::not_found, ref.fault().message};
  const std::lock_guard lock{mutex_};
  const auto found = functions_.find({ref->realm, ref->name});
  if (found == functions_.end()) return Error{Errc::not_found, "Function not found: " + ref->arn()};
  if (!options_.enforce_permission) return Ok{};
  const auto& policies = found->second.policies;
  const auto policy = policies.find(ref->qualifier == kLatest ? "" : ref->qualifier);
  if (policy != policies.end() && policy->second.allows({principal, source_arn, realm.account})) return Ok{};
  return Error{Errc::access_denied,
               "The resource policy of " + ref->arn() + " does not let " + principal + " invoke it for " +
                   source_arn + ": aws lambda add-permission --function-name " + ref->name +
                   (ref->qualifier.empty() ? "" : " --qualifier " + ref->qualifier) +
                   " --statement-id allow-1 --action lambda:InvokeFunction --principal " + principal +
                   " --source-arn " + source_arn};
}

}  // namespace iotemu::neighbours::lambda
