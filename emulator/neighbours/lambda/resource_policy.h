#pragma once

// Who may invoke a function: the resource-based policy that AddPermission writes statement by statement
// (P9.7). Pure; its user locks.

#include <string>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::lambda {

class ResourcePolicy {
 public:
  /// `input` is that of AddPermission. The statement as JSON.
  Answer<Json> add(const Json& input, const std::string& resource);
  /// False: there is no such statement.
  bool remove(const std::string& statement_id);
  [[nodiscard]] bool empty() const { return statements_.empty(); }
  /// The document's text.
  [[nodiscard]] std::string document() const;

  struct Asker {
    std::string principal{};  ///< "iot.amazonaws.com"
    std::string source_arn{};
    std::string source_account{};
  };
  /// Whether a statement lets a service invoke.
  [[nodiscard]] bool allows(const Asker& asker) const;

  std::string revision_id{};  ///< Differs for every change; its user sets it.

 private:
  std::vector<Json> statements_;
};

}  // namespace iotemu::neighbours::lambda
