#pragma once

// What rules need from their surroundings, implemented by the product: the functions of SQL that ask somebody
// else, and the places that the actions go to.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"

namespace iotemu::rules {

struct Message;

/// The functions of SQL that leave the engine (RU section 7.6). Every call may wait: a statement that has one
/// is never evaluated on a thread that may not. An error ends the rule without its actions (RU-28). Answers
/// are JSON texts.
class FunctionHost {
 public:
  virtual ~FunctionHost() = default;
  /// aws_lambda: must answer within 2,000 ms. The function is asked on behalf of `rule`, by its name.
  virtual Result<std::string> invoke_lambda(std::string_view function_arn, std::string event,
                                            std::string_view rule) = 0;

  struct DynamoKey {
    std::string name{};
    std::string value{};
    bool is_number{false};
  };
  /// get_dynamodb: the item as plain JSON; the text is empty when there is none.
  virtual Result<std::string> dynamodb_item(std::string_view table, const DynamoKey& partition,
                                            const std::optional<DynamoKey>& sort, std::string_view role) = 0;
  /// get_thing_shadow: the whole document. `shadow` empty: the classic one.
  virtual Result<std::string> thing_shadow(std::string_view thing, std::string_view shadow,
                                           std::string_view role) = 0;
  /// get_registry_data: `api` is DescribeThing or ListThingGroupsForThing.
  virtual Result<std::string> registry_data(std::string_view api, std::string_view thing,
                                            std::string_view role) = 0;
  /// get_secret: SecretString as it is, or SecretBinary as base64.
  virtual Result<std::string> secret(std::string_view id, bool binary, std::string_view role) = 0;
  /// machinelearning_predict.
  virtual Result<std::string> predict(std::string_view model, std::string_view role, std::string record) = 0;
  /// decode(…, 'proto', …): the bytes of a FileDescriptorSet.
  virtual Result<std::string> descriptor_file(std::string_view bucket, std::string_view file) = 0;
};

/// One action of one rule, for one message: everything worked out, nothing left to ask.
struct ActionRequest {
  Realm realm{};
  std::string rule_name{};
  /// The key under which the action stands in the rule: "lambda", "republish", …
  std::string kind{};
  bool is_error_action{false};
  std::size_t position{0};  ///< Among the rule's actions.
  /// The action's parameters as they were given, substitution templates replaced (RU-27).
  Json parameters = Json::object();
  /// The result of SELECT, or the document of RU-29.
  std::string payload{};
  bool is_json{false};
  // The message that the rule was run for.
  std::string topic{};
  std::string client_id{};
  std::string source_ip{};
  std::string trace_id{};
  std::shared_ptr<const std::string> original_payload{};
  /// All that SQL may ask of it, for an error action that comes later (RU-32); null: no more than the above.
  std::shared_ptr<const Message> message{};
  std::size_t depth{0};  ///< Republishes that led to the message (RU-8).
  /// What the first of those messages has led to by now, counted for all of them; null: nothing.
  std::shared_ptr<std::atomic<std::uint32_t>> descendants{};
};

/// Why an action has failed: a row of `failures` in RU-29.
struct ActionFailure {
  std::string failed_action{};  ///< "LambdaAction"
  std::string failed_resource{};
  std::string message{};
};

/// Where the actions of one kind go. Thread-safe; never blocks the caller.
class ActionSink {
 public:
  /// Nothing: it is done.
  using Done = std::function<void(std::optional<ActionFailure>)>;

  virtual ~ActionSink() = default;
  /// `done` is called exactly once, inside the call or later, on any thread. What is worth trying again has
  /// been tried again by then.
  virtual void run(ActionRequest request, Done done) = 0;
};

/// Who runs the error action of messages that were sent together and failed together (RU-32): one for all of
/// them, in place of one for each. Thread-safe; never blocks the caller.
class BatchFailures {
 public:
  virtual ~BatchFailures() = default;
  /// `last` is the batch's last message, `document` the payload of the error action. What each of them had
  /// asked for is told done, without a failure, behind this call.
  virtual void batch_failed(const ActionRequest& last, std::string document) = 0;
};

}  // namespace iotemu::rules
