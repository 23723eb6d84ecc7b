#pragma once

// One AWS service beside IoT: a table of operations over state of its own. It never sees HTTP: a protocol
// file (json_protocol.cpp, query_protocol.cpp, rest_protocol.cpp) turns a request into a Question and the
// answer into bytes. Thread-safe.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/realm.h"
#include "emulator/api/operation.h"
#include "emulator/api/ports.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

/// Longest body of any operation: 50 MB of zipped code as Base64 (P9.7).
inline constexpr std::size_t kMaxBodyOfAll = 70 * 1024 * 1024;

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
  std::string endpoint{};    ///< How the caller reached the API: `http://host:port`; empty without a Host.
  std::string request_id{};  ///< UUID
  /// To be called by an operation whose answer waits for what may never come: it is no work under way.
  std::function<void()> rests{[] {}};

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

/// Where a member of a REST answer travels that is not one of its body: in a header, as the status or as the
/// whole body. One that is absent is left out.
struct OutputPlace {
  enum class Kind { header, status, payload };

  std::string_view member{};
  Kind kind{Kind::header};
  std::string_view header{};
};

/// How the query protocol writes a list or a map without an element around it.
struct FlatOutput {
  std::string_view member{};   ///< of the answer, at any depth
  std::string_view element{};  ///< repeated once an item
  std::string_view key{};      ///< of a map: the names of its two halves
  std::string_view value{};
};

/// Where an answer goes that comes later; called once, on any thread.
using Later = std::function<void(Answer<Json>)>;

struct Operation {
  /// Name and members; of a REST service verb and path too, written without a slash at their end. Where
  /// members travel is the protocol's business.
  api::Operation shape{};
  std::function<Answer<Json>(const Question&)> run{};
  /// In place of `run`: answers when it can. The question is only there during the call.
  std::function<void(const Question&, Later)> run_later{};
  bool slow{false};                       ///< makes keys, signs or reads much: runs on the blocking pool
  unsigned success{200};                  ///< the status of a REST answer that has none of its own
  std::size_t max_body{api::kMaxBody};    ///< of the request
  bool has_result{false};                 ///< query: the result is written though it is empty
  std::vector<OutputPlace> placed{};      ///< REST
  std::vector<FlatOutput> flat_output{};  ///< query
};

/// json_and_query: a request with X-Amz-Target speaks JSON, a form the query protocol.
enum class Protocol { json, query, json_and_query, rest };

/// What a service is known by.
struct ServiceFacts {
  std::string_view name{};  ///< the signing name
  Protocol protocol{Protocol::json};
  std::string_view target{};     ///< json: what X-Amz-Target begins with, without the dot
  std::string_view xml_space{};  ///< query: the namespace of its answers
  /// What an input is refused with that breaks a member's rules; empty: what the protocol says by itself.
  std::string_view invalid{};
  std::string_view json_version{"1.1"};
  std::string_view type_space{};  ///< json: stands before the `__type` of an error, "com.amazonaws.sqs#"
  bool has_checksum{false};       ///< json: X-Amz-Crc32 of the body, which some SDKs hold it against
  bool says_fault_type{false};    ///< rest: an error's body names its Type, User or Service
  /// query: forms may be posted to any path, which then is this member where the form has none.
  std::string_view path_member{};
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
  /// The emulator ends: answers that are owed are given now.
  virtual void stop() {}

 protected:
  using Path = std::pair<api::Verb, std::string_view>;

  /// A row; `run` is a member function of the service. What else there is to say is set on what it gives,
  /// before the next row.
  template <class Derived>
  Operation& add(std::string_view name, std::vector<api::Member> input,
                 Answer<Json> (Derived::*run)(const Question&), bool slow = false) {
    return add(name, {api::Verb::post, "/"}, std::move(input), run, slow);
  }
  /// One that answers later.
  template <class Derived>
  Operation& add(std::string_view name, std::vector<api::Member> input,
                 void (Derived::*run)(const Question&, Later)) {
    return add(name, {api::Verb::post, "/"}, std::move(input), run);
  }
  /// A row of a REST service.
  template <class Derived>
  Operation& add(std::string_view name, Path path, std::vector<api::Member> input,
                 Answer<Json> (Derived::*run)(const Question&), bool slow = false) {
    auto* self = static_cast<Derived*>(this);
    auto& row = add_row(name, path, std::move(input));
    row.run = [self, run](const Question& question) { return (self->*run)(question); };
    row.slow = slow;
    return row;
  }
  template <class Derived>
  Operation& add(std::string_view name, Path path, std::vector<api::Member> input,
                 void (Derived::*run)(const Question&, Later)) {
    auto* self = static_cast<Derived*>(this);
    auto& row = add_row(name, path, std::move(input));
    row.run_later = [self, run](const Question& question, Later later) {
      (self->*run)(question, std::move(later));
    };
    return row;
  }

 private:
  Operation& add_row(std::string_view name, Path path, std::vector<api::Member> input) {
    return operations_.emplace_back(Operation{
        .shape = {.name = name, .verb = path.first, .path = path.second, .input = std::move(input)}});
  }

  const ServiceFacts facts_;
  std::vector<Operation> operations_;
};

}  // namespace iotemu::neighbours
