#pragma once

// The attributes of a queue: from what a client sets to what the queue obeys. Pure.

#include <map>
#include <string>

#include "base/json.h"
#include "base/realm.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/sqs/queue.h"

namespace iotemu::neighbours::sqs {

/// By name, as they were set; those never set are absent.
using Attributes = std::map<std::string, std::string>;

/// `set` over `current`, every value checked; an empty RedrivePolicy takes it away. `is_new`: a queue comes
/// to be, and may become a FIFO queue.
[[nodiscard]] Answer<Attributes> merged(const Attributes& current, const Json& set, const Realm& realm,
                                        bool is_new);
[[nodiscard]] Settings settings_of(const Attributes& attributes);
/// With AWS's defaults where nothing was set.
[[nodiscard]] Attributes shown(const Attributes& attributes);

}  // namespace iotemu::neighbours::sqs
