#pragma once

// Lambda: functions created from a zip or a local folder, their versions, aliases, permissions and event
// source mappings, and their invocation, synchronous or not (P9.7). It knows functions by their
// configuration; processes are the Runtime's. One lock guards the records, which are immutable once stored;
// invocations, answers and removals happen outside it. Thread-safe; what unpacks code runs on the blocking
// pool.

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/timers.h"
#include "emulator/invoke/other_functions.h"
#include "emulator/invoke/played_functions.h"
#include "emulator/neighbours/lambda/async_invocations.h"
#include "emulator/neighbours/lambda/code_store.h"
#include "emulator/neighbours/lambda/event_source_mappings.h"
#include "emulator/neighbours/lambda/records.h"
#include "emulator/neighbours/service.h"
#include "emulator/neighbours/sqs/mailbox.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::neighbours::lambda {

/// A handler gets `{}` where the caller sent nothing.
[[nodiscard]] inline std::string event_of(std::string payload) {
  return payload.empty() ? std::string{"{}"} : std::move(payload);
}

/// In place of a bucket: S3Key is the absolute path of a folder of this machine, whose code is used in place
/// where CodePlaces allows it.
inline constexpr std::string_view kFolderBucket = "local-folder";
/// The path of Code.Location.
inline constexpr std::string_view kArchivePath = "/2015-03-31/iot-emulator-code/{CodeId}";

struct LambdaOptions {
  CodePlaces code{};
  /// Rules and other services of AWS may only invoke what a resource policy lets them (P4.2).
  bool enforce_permission{true};
  /// Another server plays SQS: there is nothing here that a mapping could take messages from.
  bool queues_elsewhere{false};
};

class Lambda final : public Service, public invoke::OtherFunctions, private Invoker {
 public:
  /// All references outlive the service; the timers are stopped before it ends.
  Lambda(LambdaOptions options, const Clock& clock, Random& random, Timers& timers, WorkCounter& work,
         Executor& blocking_pool, runtime::Runtime& runtime, sqs::Mailbox& mailbox);

  /// Who plays functions that need not be created; it outlives all calls.
  void set_played(const invoke::PlayedFunctions& played) { played_ = &played; }

  void reset() override;
  void stop() override;

  // invoke::OtherFunctions
  [[nodiscard]] bool knows(const Realm& realm, std::string_view name) const override;
  void invoke(std::string_view name, invoke::Invocation invocation,
              invoke::FunctionInvoker::Done done) override;
  /// One that was created under the same name lends its event invoke configuration, destinations included.
  Status queue(std::string_view name, invoke::Invocation invocation, Attempt attempt) override;

  /// Whether the function's resource policy lets that service invoke it; the error names the command that
  /// would. Errc::not_found: no such function.
  [[nodiscard]] Status may_invoke(const Realm& realm, std::string_view function, const std::string& principal,
                                  const std::string& source_arn) const;

 private:
  using Key = std::pair<Realm, std::string>;
  struct Found {
    std::shared_ptr<const Version> version{};
    std::string qualifier{};  ///< as it was named
    std::optional<std::int64_t> reserved_concurrency{};

    [[nodiscard]] std::string invoked_arn() const {
      return version->function.function_arn() + (qualifier.empty() ? "" : ":" + qualifier);
    }
  };

  // functions.cpp
  void add_function_operations();
  Answer<Json> create(const Question& question);
  Answer<Json> get(const Question& question);
  Answer<Json> get_configuration(const Question& question);
  Answer<Json> list(const Question& question);
  Answer<Json> drop(const Question& question);
  Answer<Json> update_code(const Question& question);
  Answer<Json> update_configuration(const Question& question);
  Answer<Json> get_archive(const Question& question);
  Answer<Json> account_settings(const Question& question);
  // versions.cpp
  void add_version_operations();
  Answer<Json> publish(const Question& question);
  Answer<Json> list_versions(const Question& question);
  Answer<Json> create_alias(const Question& question);
  Answer<Json> get_alias(const Question& question);
  Answer<Json> update_alias(const Question& question);
  Answer<Json> drop_alias(const Question& question);
  Answer<Json> list_aliases(const Question& question);
  // function_settings.cpp
  void add_setting_operations();
  Answer<Json> add_permission(const Question& question);
  Answer<Json> remove_permission(const Question& question);
  Answer<Json> get_policy(const Question& question);
  Answer<Json> put_concurrency(const Question& question);
  Answer<Json> get_concurrency(const Question& question);
  Answer<Json> drop_concurrency(const Question& question);
  Answer<Json> tag(const Question& question);
  Answer<Json> untag(const Question& question);
  Answer<Json> list_tags(const Question& question);
  Answer<Json> put_event_config(const Question& question);
  Answer<Json> update_event_config(const Question& question);
  Answer<Json> get_event_config(const Question& question);
  Answer<Json> drop_event_config(const Question& question);
  Answer<Json> list_event_configs(const Question& question);
  Answer<Json> set_event_config(const Question& question, bool keeps);
  [[nodiscard]] static Fault no_event_config(const FunctionRef& ref);
  void set_concurrency(FunctionRecord& record, std::optional<std::int64_t> value);
  // invocations.cpp
  void add_invocation_operations();
  void invoke_function(const Question& question, Later later);
  Answer<Json> invoke_async(const Question& question);
  Done enqueue(const Found& found, std::string payload, std::string client_context, std::string request_id);
  [[nodiscard]] EventInvokeConfig event_config(const Realm& realm, const std::string& name,
                                               const std::string& qualifier) const;
  [[nodiscard]] static Answer<FunctionRef> parse_named(const std::string& arn);
  void run(const Found& found, runtime::Invocation invocation,
           std::function<void(Result<runtime::Outcome>)> done);
  // Invoker
  void run(const std::string& function_arn, runtime::Invocation invocation,
           std::function<void(Result<runtime::Outcome>)> done) override;
  void deliver(const std::string& destination_arn, std::string body, Json attributes) override;
  // played.cpp
  [[nodiscard]] bool is_played(const FunctionRef& ref) const;
  // Under the lock, as nobody has created them:
  [[nodiscard]] bool only_played(const FunctionRef& ref) const;
  [[nodiscard]] std::vector<std::string> names_only_played(const Realm& realm) const;
  [[nodiscard]] static Json played_configuration(const FunctionRef& ref, bool qualified);
  Answer<Json> queue_played(const FunctionRef& ref, std::string payload);
  void invoke_played(const FunctionRef& ref, std::string payload, bool tail, Later later);
  /// Nobody has created it.
  [[nodiscard]] Fault missing(const FunctionRef& ref) const;
  // mappings.cpp
  void add_mapping_operations();
  Answer<Json> create_mapping(const Question& question);
  Answer<Json> get_mapping(const Question& question);
  Answer<Json> list_mappings(const Question& question);
  Answer<Json> update_mapping(const Question& question);
  Answer<Json> drop_mapping(const Question& question);
  Answer<std::string> mapped_function(const Question& question, const std::string& queue_arn);

  /// A version's code and settings have changed: what runs it.
  void make_runnable(Version& version, std::optional<std::int64_t> reserved_concurrency);
  [[nodiscard]] Done check_settings(const Json& settings) const;
  Answer<std::shared_ptr<const Code>> read_code(const Json& source);
  [[nodiscard]] Json configuration(const Version& version, bool qualified) const;
  // Under the lock:
  [[nodiscard]] Answer<FunctionRecord*> record(const FunctionRef& ref);
  /// The function that a member of the request names without a version, and the lock that keeps it.
  struct Named {
    FunctionRef ref;
    std::unique_lock<std::mutex> lock;
    FunctionRecord* record;
  };
  [[nodiscard]] Answer<Named> hold(const Question& question, std::string_view member);
  [[nodiscard]] Answer<Found> find(const FunctionRef& ref) const;
  std::shared_ptr<const Version> publish(FunctionRecord& record, const std::string& description);
  void retire(const FunctionRecord& record);
  template <class Change>
  Answer<Json> change(const Question& question, Change change);

  const LambdaOptions options_;
  const Clock& clock_;
  Random& random_;
  WorkCounter& work_;
  runtime::Runtime& runtime_;
  sqs::Mailbox& mailbox_;
  CodeStore code_;
  std::atomic<const invoke::PlayedFunctions*> played_{nullptr};  ///< Its lock may be taken under ours.
  mutable std::mutex mutex_;
  std::map<Key, FunctionRecord> functions_;
  AsyncInvocations async_;
  EventSourceMappings mappings_;
};

}  // namespace iotemu::neighbours::lambda
