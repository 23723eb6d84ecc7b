#pragma once

// What functions of SQL ask of AWS services that somebody else plays (M section 7.6): file descriptor sets,
// secrets, predictions and items of DynamoDB. A question waits for its answer: never on a thread of the
// broker's. Nothing of what a service answers stands in an error but its status and the code of its error: it
// may hold a secret. Owned by the composition. Thread-safe.

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/rules/secret_traces.h"
#include "emulator/sinks/aws_requests.h"

namespace iotemu::rule_engine {

class AwsQuestions {
 public:
  static constexpr std::size_t kMostDescriptorBytes = 32 * std::size_t{1024};
  /// How long a secret is used, by the emulator's clock.
  static constexpr std::chrono::minutes kSecretUse{15};
  /// Kept at most; with one more, all are forgotten and asked for again.
  static constexpr std::size_t kMostSecrets = 256;

  /// `bucket_folder` as Options::bucket_folder. `requests` and `clock` outlive this.
  AwsQuestions(sinks::AwsRequests& requests, const Clock& clock, std::string bucket_folder)
      : requests_{requests}, clock_{clock}, bucket_folder_{std::move(bucket_folder)} {}

  /// The object `key` of `bucket`: from the folder if it is there, else from the upstream of S3.
  Result<std::string> descriptor_file(const Realm& realm, std::string_view bucket, std::string_view key);
  /// The current version's SecretString as it is, or its SecretBinary as base64.
  Result<std::string> secret(const Realm& realm, std::string_view id, bool binary);
  /// `record`: a JSON object; the answer is that of Predict, as JSON text.
  Result<std::string> prediction(const Realm& realm, std::string_view model, std::string_view record);
  /// The item with this key, as plain JSON; empty if there is none. `key` as in the API: {"id": {"S": "a"}}.
  Result<std::string> dynamodb_item(const Realm& realm, std::string_view table, const Json& key);
  /// `text` with *** in place of what the secrets hold that were asked for: for all that shows what rules did
  /// (SecretTraces::hidden).
  [[nodiscard]] std::string without_secrets(std::string text) const {
    return traces_.hidden(std::move(text));
  }
  /// Forgets the secrets.
  void reset();

 private:
  struct Secret {
    std::optional<std::string> text{};
    std::optional<std::string> binary{};
    Tick until{};
  };

  Result<std::string> ask(const Realm& realm, sinks::AwsRequest request, const std::string& about);
  Result<std::string> object(const Realm& realm, std::string_view bucket, std::string_view key);
  Result<Secret> current_secret(const Realm& realm, std::string_view id);

  sinks::AwsRequests& requests_;
  const Clock& clock_;
  const std::string bucket_folder_;
  mutable std::mutex mutex_;
  /// guarded; by account, region and id as it was given
  std::map<std::tuple<std::string, std::string, std::string>, Secret> secrets_;
  SecretTraces traces_;
};

}  // namespace iotemu::rule_engine
