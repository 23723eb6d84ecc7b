#pragma once

// What a rule with an http action means for the account's destinations (RU-30).

#include "base/json.h"
#include "emulator/api/operation.h"
#include "registry/records/topic_rule.h"

namespace iotemu::api {

/// Errc::invalid_request: an URL of an http action is none, or does not begin with its confirmation URL.
/// What is a substitution template is not looked at.
Status check_http_actions(const registry::TopicRule& rule);

/// The destinations that the http actions of a stored rule need, where they do not exist yet. None is made
/// for a confirmation URL with a substitution template.
void make_destinations(registry::Registry& registry, const registry::TopicRule& rule);

}  // namespace iotemu::api
