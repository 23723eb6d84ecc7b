#pragma once

// One AWS service beside IoT: a table of operations over state of its own. It never sees HTTP: a protocol
// file (json_protocol.h, query_protocol.h) turns a request into a Question and the answer into bytes.
// Thread-safe.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/realm.h"
#include "emulator/api/operation.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

/// Realms with state of one service, at most: any request may name one.
inline constexpr std::size_t kMaxHomes = 256;

/// The state of one more realm is refused.
inline Fault too_many_homes(std::string_view name, unsigned status = 400) {
  return {name,
          std::to_string(kMaxHomes) +
              " combinations of account and region are in use already; reset or restart the emulator",
          status};
}

/// One validated request on its way through its operation.
struct Question {
  const Realm& realm;
  const std::string& access_key;  ///< Empty: unsigned.
  const Json& input;

  [[nodiscard]] bool has(std::string_view name) const { return input.contains(name); }
  /// Empty when absent.
  [[nodiscard]] std::string str(std::string_view name) const {
    const auto found = input.find(name);
    return found == input.end() ? std::string{} : found->get<std::string>();
  }
  /// False when absent.
  [[nodiscard]] bool flag(std::string_view name) const {
    const auto found = input.find(name);
    return found != input.end() && found->get<bool>();
  }
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    const auto found = input.find(name);
    return found == input.end() ? otherwise : found->get<std::int64_t>();
  }
};

struct Operation {
  /// Name and members; where they travel is the protocol's business.
  api::Operation shape{};
  std::function<Answer<Json>(const Question&)> run{};
  bool slow{false};  ///< makes keys or signs: runs on the blocking pool
};

enum class Protocol { json, query };

/// What a service is known by.
struct ServiceFacts {
  std::string_view name{};  ///< the signing name
  Protocol protocol{Protocol::json};
  std::string_view target{};     ///< json: what X-Amz-Target begins with, without the dot
  std::string_view xml_space{};  ///< query: the namespace of its answers
};

class Service {
 public:
  explicit Service(ServiceFacts facts) : facts_{facts} {}
  virtual ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] const ServiceFacts& facts() const { return facts_; }
  /// Nothing if the operation is not built.
  [[nodiscard]] const Operation* find(std::string_view operation) const {
    const auto found =
        std::ranges::find_if(operations_, [&](const Operation& row) { return row.shape.name == operation; });
    return found == operations_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }
  /// Forgets all state of all realms, of which there are kMaxHomes at most.
  virtual void reset() = 0;

 protected:
  /// A row; `run` is a member function of the service.
  template <class Derived>
  void add(std::string_view name, std::vector<api::Member> input,
           Answer<Json> (Derived::*run)(const Question&), bool slow = false) {
    auto* self = static_cast<Derived*>(this);
    operations_.push_back(
        {.shape = {.name = name, .verb = api::Verb::post, .path = "/", .input = std::move(input)},
         .run = [self, run](const Question& question) { return (self->*run)(question); },
         .slow = slow});
  }

 private:
  const ServiceFacts facts_;
  std::vector<Operation> operations_;
};

}  // namespace iotemu::neighbours
