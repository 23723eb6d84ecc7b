#pragma once

// What the functions of SQL ask of the rest of the emulator, for one realm (M section 7.6). A question waits
// for its answer: never on a thread of the broker's. Thread-safe.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/realm.h"
#include "emulator/invoke/functions.h"
#include "rules/ports.h"

namespace iotemu::rule_engine {

/// Given by the composition, all of it for every realm. A function whose port is empty fails with a sentence
/// that says what is missing.
struct FunctionPorts {
  /// Lambda functions by name; null: there are none.
  const invoke::Functions* functions{};
  /// An operation of the control plane.
  std::function<Result<Json>(const Realm&, std::string_view operation, const Json& input)> api{};
  std::function<Result<std::string>(
      const Realm&, std::string_view table, const rules::FunctionHost::DynamoKey& partition,
      const std::optional<rules::FunctionHost::DynamoKey>& sort, std::string_view role)>
      dynamodb_item{};
  std::function<Result<std::string>(const Realm&, std::string_view thing, std::string_view shadow)>
      thing_shadow{};
  std::function<Result<std::string>(const Realm&, std::string_view id, bool binary)> secret{};
  /// `record`: a JSON object without objects in it.
  std::function<Result<std::string>(const Realm&, std::string_view model, std::string record)> predict{};
  std::function<Result<std::string>(const Realm&, std::string_view bucket, std::string_view file)>
      descriptor_file{};
  /// aws_lambda must answer within it, in real time.
  Duration lambda_time_limit{std::chrono::milliseconds{2000}};
};

class RealmFunctions final : public rules::FunctionHost {
 public:
  /// `ports` outlives it.
  RealmFunctions(Realm realm, const FunctionPorts& ports) : realm_{std::move(realm)}, ports_{ports} {}

  Result<std::string> invoke_lambda(std::string_view function_arn, std::string event,
                                    std::string_view rule) override;
  Result<std::string> dynamodb_item(std::string_view table, const DynamoKey& partition,
                                    const std::optional<DynamoKey>& sort, std::string_view role) override;
  Result<std::string> thing_shadow(std::string_view thing, std::string_view shadow,
                                   std::string_view role) override;
  Result<std::string> registry_data(std::string_view api, std::string_view thing,
                                    std::string_view role) override;
  Result<std::string> secret(std::string_view id, bool binary, std::string_view role) override;
  Result<std::string> predict(std::string_view model, std::string_view role, std::string record) override;
  Result<std::string> descriptor_file(std::string_view bucket, std::string_view file) override;

 private:
  const Realm realm_;
  const FunctionPorts& ports_;
};

}  // namespace iotemu::rule_engine
