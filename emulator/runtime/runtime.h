#pragma once

// Lambda functions, run: the port between the Lambda service, which knows functions by their configuration,
// and what keeps processes for them. Thread-safe; nothing here blocks.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/realm.h"
#include "base/result.h"

namespace iotemu::runtime {

/// One revision of a function: a change of code or configuration is a new one, with processes of its own.
struct Function {
  Realm realm{};
  std::string name{};
  std::string arn{};
  std::string version{"$LATEST"};
  std::string revision{};  ///< Differs for every change.
  std::string runtime{};   ///< "nodejs20.x", "python3.12", "provided.al2023", retired names too
  std::string handler{};
  std::string folder{};  ///< Where the code lies, unpacked; read-only for the function.
  std::chrono::seconds timeout{3};
  std::size_t memory_mb{128};
  std::size_t scratch_mb{512};  ///< /tmp
  std::map<std::string, std::string> environment{};
  /// Reserved concurrency; nothing: the account's.
  std::optional<std::size_t> concurrency{};
};

struct Invocation {
  std::string request_id{};      ///< UUID
  std::string payload{};         ///< JSON text
  std::string client_context{};  ///< JSON text, may be empty
  std::string trace_id{};
  /// As it was asked for, with a qualifier if there was one: context.invokedFunctionArn. Empty:
  /// Function::arn.
  std::string invoked_arn{};
};

struct Outcome {
  std::string payload{};         ///< The answer, or the error document of the function.
  std::string function_error{};  ///< "Unhandled" (X-Amz-Function-Error); empty: it succeeded.
  std::string log{};  ///< What the invocation wrote, START/END/REPORT lines included; the last 4 KB.
  bool timed_out{false};
};

class Runtime {
 public:
  /// Errc::throttled when the concurrency is used up; Errc::unavailable when no process can be started.
  using Done = std::function<void(Result<Outcome>)>;

  virtual ~Runtime() = default;
  /// Whether this machine can run functions of that runtime name; else why not, with the cure.
  [[nodiscard]] virtual Status can_run(const std::string& runtime_name) const = 0;
  /// `done` is called exactly once, on a thread of the runtime's or inside the call.
  virtual void invoke(std::shared_ptr<const Function> function, Invocation invocation, Done done) = 0;
  /// No further calls will come for this revision: its processes end when they are idle.
  virtual void retire(const std::string& arn, const std::string& revision) = 0;
};

}  // namespace iotemu::runtime
