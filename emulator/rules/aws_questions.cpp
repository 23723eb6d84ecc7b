#include "emulator/rules/aws_questions.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "base/json.h"
#include "emulator/bulk/folder_files.h"
#include "emulator/http/client/aws_signature.h"
#include "emulator/neighbours/dynamodb/values.h"
#include "emulator/sinks/aws_call.h"
#include "emulator/sinks/service_error.h"

namespace iotemu::rule_engine {
namespace {

/// A secret has up to 64 KiB, and in JSON a byte of it up to six.
constexpr std::size_t kMostSecretAnswerBytes = 512 * std::size_t{1024};
/// An item has up to 400 KB; in JSON, with its types, a byte of it has up to six.
constexpr std::size_t kMostItemAnswerBytes = 2560 * std::size_t{1024};

Error nobody_plays(std::string_view function, std::string_view service, std::string_view options) {
  return {Errc::not_implemented, std::string{function} + " asks " + std::string{service} +
                                     ", which nobody plays here: start the emulator with " +
                                     std::string{options}};
}

/// The code, if it can be nothing else.
std::string code_of(const sinks::HttpAnswer& answer) {
  const auto code = sinks::read_service_error(answer).code;
  const bool is_word = code.size() <= 64 && std::ranges::all_of(code, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
                       });
  return is_word && !code.empty() ? " " + code : std::string{};
}

std::optional<std::string> member(const Json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

Result<std::string> AwsQuestions::ask(const Realm& realm, sinks::AwsRequest request,
                                      const std::string& about) {
  const auto what = request.service + ":" + request.operation + " of " + about;
  // The client owes an answer in any case: it ends what takes too long.
  const auto promise = std::make_shared<std::promise<Result<sinks::HttpAnswer>>>();
  auto answered = promise->get_future();
  requests_.send(realm, std::move(request),
                 [promise](Result<sinks::HttpAnswer> answer) { promise->set_value(std::move(answer)); });
  auto answer = answered.get();
  if (!answer) return Error{answer.error().code, what + ": " + answer.error().message};
  if (answer->status / 100 != 2) {
    return Error{answer->status == 404 ? Errc::not_found : Errc::io,
                 what + " was answered " + std::to_string(answer->status) + code_of(*answer)};
  }
  if (answer->too_long) return Error{Errc::too_large, what + ": the answer is too long"};
  return std::move(answer->body);
}

Result<std::string> AwsQuestions::object(const Realm& realm, std::string_view bucket, std::string_view key) {
  sinks::AwsRequest request{.service = "s3",
                            .operation = "GetObject",
                            .method = "GET",
                            .target = "/" + http::uri_encoded(bucket) + "/" + http::uri_encoded(key, "/"),
                            .most_answer_bytes = kMostDescriptorBytes};
  return ask(realm, std::move(request), "'" + std::string{key} + "' in '" + std::string{bucket} + "'");
}

Result<std::string> AwsQuestions::descriptor_file(const Realm& realm, std::string_view bucket,
                                                  std::string_view key) {
  const bool has_s3 = requests_.plays("s3");
  if (bucket_folder_.empty()) {
    if (has_s3) return object(realm, bucket, key);
    return nobody_plays("decode(…, 'proto', …)", "S3",
                        "--bucket-folder DIR, with '" + std::string{bucket} +
                            "' as its sub-folder, or with --upstream s3=URL");
  }
  bulk::FolderFiles folder{bucket_folder_, {.option = "--bucket-folder", .most_bytes = kMostDescriptorBytes}};
  auto content =
      folder.read(realm, {.bucket = std::string{bucket}, .key = std::string{key}}, [] { return false; });
  if (content || content.error().code != Errc::not_found || !has_s3) return content;
  auto found = object(realm, bucket, key);
  if (found || found.error().code != Errc::not_found) return found;
  return Error{Errc::not_found, content.error().message + "; " + found.error().message};
}

Result<AwsQuestions::Secret> AwsQuestions::current_secret(const Realm& realm, std::string_view id) {
  const std::tuple key{realm.account, realm.region, std::string{id}};
  {
    const std::lock_guard lock{mutex_};
    const auto found = secrets_.find(key);
    if (found != secrets_.end() && clock_.tick() < found->second.until) return found->second;
  }
  auto request =
      sinks::json_request("secretsmanager", "secretsmanager", "GetSecretValue", "1.1", {{"SecretId", id}});
  request.most_answer_bytes = kMostSecretAnswerBytes;
  const auto about = "'" + std::string{id} + "'";
  const auto text = ask(realm, std::move(request), about);
  if (!text) return text.error();
  const auto answer = parse_json(*text);
  if (!answer || !answer->is_object()) {
    return Error{Errc::io, "secretsmanager:GetSecretValue of " + about + " was not answered with JSON"};
  }
  Secret secret{.text = member(*answer, "SecretString"),
                .binary = member(*answer, "SecretBinary"),
                .until = clock_.tick() + kSecretUse};
  traces_.add(secret.text, secret.binary);
  const std::lock_guard lock{mutex_};
  if (secrets_.size() >= kMostSecrets && !secrets_.contains(key)) secrets_.clear();
  secrets_.insert_or_assign(key, secret);
  return secret;
}

Result<std::string> AwsQuestions::secret(const Realm& realm, std::string_view id, bool binary) {
  if (!requests_.plays("secretsmanager")) {
    return nobody_plays("get_secret", "Secrets Manager", "--upstream secretsmanager=URL");
  }
  auto found = current_secret(realm, id);
  if (!found) return found.error();
  auto& value = binary ? found->binary : found->text;
  if (value) return std::move(*value);
  return Error{Errc::not_found,
               "the secret '" + std::string{id} + "' has no " + (binary ? "SecretBinary" : "SecretString")};
}

Result<std::string> AwsQuestions::prediction(const Realm& realm, std::string_view model,
                                             std::string_view record) {
  if (!requests_.plays("machinelearning")) {
    return nobody_plays("machinelearning_predict", "Amazon Machine Learning",
                        "--upstream machinelearning=URL");
  }
  const auto given = parse_json(record);
  if (!given || !given->is_object()) return Error{Errc::invalid_request, "the record is no JSON object"};
  auto strings = Json::object();
  for (const auto& [name, value] : given->items())
    strings[name] = value.is_string() ? value : Json(to_text(value));
  return ask(realm,
             sinks::json_request("machinelearning", "AmazonML_20141212", "Predict", "1.1",
                                 {{"MLModelId", model},
                                  {"Record", strings},
                                  {"PredictEndpoint",
                                   "https://realtime.machinelearning." + realm.region + ".amazonaws.com"}}),
             "model '" + std::string{model} + "'");
}

Result<std::string> AwsQuestions::dynamodb_item(const Realm& realm, std::string_view table, const Json& key) {
  auto request = sinks::json_request("dynamodb", "DynamoDB_20120810", "GetItem", "1.0",
                                     {{"TableName", table}, {"Key", key}});
  request.most_answer_bytes = kMostItemAnswerBytes;
  const auto about = "an item of '" + std::string{table} + "'";
  const auto text = ask(realm, std::move(request), about);
  if (!text) return Error{text.error().code, "get_dynamodb: " + text.error().message};
  const auto wrong = [&](const std::string& why) {
    return Error{Errc::io, "get_dynamodb: dynamodb:GetItem of " + about + " was answered with " + why};
  };
  const auto answer = parse_json(*text);
  if (!answer || !answer->is_object()) return wrong("something that is no JSON object");
  const auto found = answer->find("Item");
  if (found == answer->end()) return std::string{};
  const auto item = neighbours::dynamodb::read_item(*found);
  if (!item) return wrong("something that is no item");
  return to_text(neighbours::dynamodb::plain_item(*item));
}

void AwsQuestions::reset() {
  traces_.clear();
  const std::lock_guard lock{mutex_};
  secrets_.clear();
}

}  // namespace iotemu::rule_engine
