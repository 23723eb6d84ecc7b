#pragma once

// The actions that a device can ask for (P7.4), and which of them an `Action` element names.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iotemu::registry::policy {

enum class Action : std::uint8_t {
  connect,
  publish,
  retain_publish,
  subscribe,
  receive,
  get_retained_message,
  list_retained_messages,
  get_thing_shadow,
  update_thing_shadow,
  delete_thing_shadow,
  list_named_shadows_for_thing,
  describe_job_execution,
  get_pending_job_executions,
  start_next_pending_job_execution,
  update_job_execution,
  delete_connection,
  get_connection,
  list_subscriptions,
  send_direct_message,
  assume_role_with_certificate,
};

inline constexpr std::size_t kActionCount = 20;

/// The name as AWS writes it, for example "iot:Publish".
[[nodiscard]] std::string_view name(Action action);

/// Constant-time set of actions.
class ActionSet {
 public:
  void add(Action action) { bits_ |= bit(action); }
  void add(ActionSet other) { bits_ |= other.bits_; }
  [[nodiscard]] bool contains(Action action) const { return (bits_ & bit(action)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  /// Every device action that is not in this set (NotAction, P7.3).
  [[nodiscard]] ActionSet complement() const;

 private:
  static constexpr std::uint32_t bit(Action action) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(action);
  }
  std::uint32_t bits_{0};
};

/// The device actions that one value of an `Action` element names: `*` and `?` are wildcards and letter case
/// does not matter (P7.1). A value that names no device action, such as `iot:CreateTopicRule`, is legal and
/// gives the empty set. The jobs actions go by the prefixes `iotjobsdata:` and `iot:` alike (P7.4).
[[nodiscard]] ActionSet actions_named_by(std::string_view value);

}  // namespace iotemu::registry::policy
