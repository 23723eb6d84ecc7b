#include "emulator/rules/function_host.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace iotemu::rule_engine {
namespace {

Error absent(std::string_view function, std::string_view what) {
  return {Errc::not_implemented, std::string{function} + " has nobody to ask: " + std::string{what}};
}

}  // namespace

Result<std::string> RealmFunctions::invoke_lambda(std::string_view function_arn, std::string event,
                                                  std::string_view rule) {
  if (ports_.functions == nullptr) return absent("aws_lambda", "there are no Lambda functions here");
  const auto limit = ports_.lambda_time_limit;
  // A function that answers too late finds the promise and nobody behind it.
  const auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto answer = promise->get_future();
  ports_.functions->invoke(function_arn,
                           {.payload = std::move(event),
                            .realm = realm_,
                            .time_limit = limit,
                            .principal = "iot.amazonaws.com",
                            .source_arn = iot_arn(realm_, "rule/" + std::string{rule})},
                           [promise](Result<std::string> text) { promise->set_value(std::move(text)); });
  const auto failed = [&](const std::string& why) {
    return Error{Errc::io, "aws_lambda(" + std::string{function_arn} + "): " + why};
  };
  if (answer.wait_for(limit) != std::future_status::ready) {
    return failed("no answer within " + std::to_string(limit.count()) + " ms");
  }
  auto text = answer.get();
  if (!text) return failed(text.error().message);
  if (const auto json = parse_json(*text); !json)
    return failed("the answer is no JSON: " + json.error().message);
  return text;
}

Result<std::string> RealmFunctions::dynamodb_item(std::string_view table, const DynamoKey& partition,
                                                  const std::optional<DynamoKey>& sort,
                                                  std::string_view role) {
  if (!ports_.dynamodb_item) return absent("get_dynamodb", "DynamoDB is not part of this emulator");
  return ports_.dynamodb_item(realm_, table, partition, sort, role);
}

Result<std::string> RealmFunctions::thing_shadow(std::string_view thing, std::string_view shadow,
                                                 std::string_view /*role*/) {
  if (!ports_.thing_shadow) return absent("get_thing_shadow", "device shadows are not built yet");
  return ports_.thing_shadow(realm_, thing, shadow);
}

Result<std::string> RealmFunctions::registry_data(std::string_view api, std::string_view thing,
                                                  std::string_view /*role*/) {
  if (!ports_.api) return absent("get_registry_data", "there is no registry here");
  auto answer = ports_.api(realm_, api, {{"thingName", thing}});
  if (!answer) return answer.error();
  return to_text(*answer);
}

Result<std::string> RealmFunctions::secret(std::string_view id, bool binary, std::string_view /*role*/) {
  if (!ports_.secret) return absent("get_secret", "Secrets Manager is not part of this emulator");
  return ports_.secret(realm_, id, binary);
}

Result<std::string> RealmFunctions::predict(std::string_view model, std::string_view /*role*/,
                                            std::string record) {
  if (!ports_.predict) {
    return absent("machinelearning_predict", "Amazon Machine Learning is not part of this emulator");
  }
  return ports_.predict(realm_, model, std::move(record));
}

Result<std::string> RealmFunctions::descriptor_file(std::string_view bucket, std::string_view file) {
  if (!ports_.descriptor_file) {
    return absent("decode(…, 'proto', …)", "no folder stands for the bucket of its descriptor file");
  }
  return ports_.descriptor_file(realm_, bucket, file);
}

}  // namespace iotemu::rule_engine
