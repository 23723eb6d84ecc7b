#pragma once

// What a topic rule's actions look like on the wire (M section 7.8): member rules only. What the parameters
// mean is known to the sinks.

#include "emulator/api/operation.h"

namespace iotemu::api {

/// `topicRulePayload`, the whole body of CreateTopicRule and ReplaceTopicRule.
[[nodiscard]] Member topic_rule_payload();

/// What no member rule can say of the payload's actions. Errc::invalid_request: an iotEvents action has a
/// messageId with batchMode, where each message has an id of its own.
[[nodiscard]] Status check_actions(const Json& topic_rule_payload);

}  // namespace iotemu::api
