#pragma once

// A refusal in the words of the service that is asked: each has error names of its own.

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::neighbours {

struct Fault {
  std::string_view name{};  ///< as it travels
  std::string message{};
  unsigned status{400};
  /// The name in the query protocol of a service that has two; JSON answers tell both.
  std::string_view query_name{};
  /// json, rest: members of the error beside its message.
  Json more{};
};

/// Like Result, with the service's own error.
template <class T>
class [[nodiscard]] Answer {
 public:
  // Implicit on purpose: `return value;` and `return Fault{…};` are how a function answers.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Answer(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Answer(Fault fault) : state_{std::in_place_index<1>, std::move(fault)} {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  [[nodiscard]] T& operator*() { return value(); }
  [[nodiscard]] const T& operator*() const { return *std::get_if<0>(&state_); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return std::get_if<0>(&state_); }
  [[nodiscard]] const Fault& fault() const {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  T& value() {
    assert(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Fault> state_;
};

using Done = Answer<Ok>;

}  // namespace iotemu::neighbours
