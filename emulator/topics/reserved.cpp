#include "emulator/topics/reserved.h"

#include <algorithm>
#include <array>

#include "emulator/topics/fleet_requests.h"

namespace iotemu::topics {
namespace {

// Patterns: `+` is one level, `#` one level or more.

constexpr std::array<std::string_view, 23> kForPublishers{
    "$aws/things/+/shadow/get",
    "$aws/things/+/shadow/update",
    "$aws/things/+/shadow/delete",
    "$aws/things/+/shadow/name/+/get",
    "$aws/things/+/shadow/name/+/update",
    "$aws/things/+/shadow/name/+/delete",
    "$aws/things/+/jobs/get",
    "$aws/things/+/jobs/start-next",
    "$aws/things/+/jobs/+/get",
    "$aws/things/+/jobs/+/update",
    "$aws/certificates/create/+",  // in another format than the service's: just a publish (P6.1)
    "$aws/certificates/create-from-csr/+",
    "$aws/provisioning-templates/+/provision/+",
    "$aws/things/+/defender/metrics/json",
    "$aws/things/+/defender/metrics/cbor",
    "$aws/things/+/streams/+/get/json",
    "$aws/things/+/streams/+/get/cbor",
    "$aws/things/+/streams/+/describe/json",
    "$aws/things/+/streams/+/describe/cbor",
    "$aws/commands/things/+/executions/+/response/json",
    "$aws/commands/things/+/executions/+/response/cbor",
    "$aws/commands/clients/+/executions/+/response/json",
    "$aws/commands/clients/+/executions/+/response/cbor",
};

constexpr std::array<std::string_view, 26> kForSubscribers{
    "$aws/things/+/shadow/+",  // get, update and delete themselves may be subscribed to
    "$aws/things/+/shadow/name/+/+",
    "$aws/things/+/shadow/+/+",  // accepted, rejected, delta, documents
    "$aws/things/+/shadow/name/+/+/+",
    "$aws/things/+/jobs/notify",
    "$aws/things/+/jobs/notify-next",
    "$aws/things/+/jobs/get/+",
    "$aws/things/+/jobs/start-next/+",
    "$aws/things/+/jobs/+/get/+",
    "$aws/things/+/jobs/+/update/+",
    "$aws/events/#",
    "$aws/certificates/create/+/+",
    "$aws/certificates/create-from-csr/+/+",
    "$aws/provisioning-templates/+/provision/+/+",
    "$aws/things/+/defender/metrics/+/accepted",
    "$aws/things/+/defender/metrics/+/rejected",
    "$aws/things/+/streams/+/data/+",
    "$aws/things/+/streams/+/description/+",
    "$aws/things/+/streams/+/rejected/+",
    "$aws/things/+/tunnels/notify",
    "$aws/commands/things/+/executions/+/request/+",
    "$aws/commands/clients/+/executions/+/request/+",
    "$aws/commands/things/+/executions/+/response/accepted/+",
    "$aws/commands/clients/+/executions/+/response/accepted/+",
    "$aws/commands/things/+/executions/+/response/rejected/+",
    "$aws/commands/clients/+/executions/+/response/rejected/+",
};

constexpr std::string_view kBasicIngest = "$aws/rules/";

/// The next level of `rest`, which it consumes; `more` tells whether another one follows.
std::string_view next_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  more = slash != rest.npos;
  const std::string_view level = rest.substr(0, slash);
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return level;
}

/// Whether some topic matches both `pattern` and `filter`.
bool overlaps(std::string_view pattern, std::string_view filter) {
  bool pattern_more = true;
  bool filter_more = true;
  while (pattern_more && filter_more) {
    const std::string_view wanted = next_level(pattern, pattern_more);
    const std::string_view asked = next_level(filter, filter_more);
    if (wanted == "#" || asked == "#") return true;
    if (wanted != "+" && asked != "+" && wanted != asked) return false;
  }
  return pattern_more == filter_more;
}

std::string_view without_share(std::string_view filter) {
  constexpr std::string_view kShare = "$share/";
  if (!filter.starts_with(kShare)) return filter;
  const std::size_t slash = filter.find('/', kShare.size());
  return slash == filter.npos ? filter : filter.substr(slash + 1);
}

}  // namespace

PublishKind classify_publish(std::string_view topic) {
  if (!topic.starts_with('$')) return PublishKind::ordinary;
  if (topic.starts_with(kBasicIngest)) {
    const std::string_view rule = topic.substr(kBasicIngest.size());
    return rule.empty() || rule.starts_with('/') ? PublishKind::forbidden : PublishKind::basic_ingest;
  }
  if (parse_fleet_topic(topic)) return PublishKind::request;
  const bool listed =
      std::ranges::any_of(kForPublishers, [&](std::string_view pattern) { return overlaps(pattern, topic); });
  return listed ? PublishKind::reserved : PublishKind::forbidden;
}

bool may_subscribe(std::string_view filter) {
  filter = without_share(filter);
  if (!filter.starts_with('$')) return true;
  return std::ranges::any_of(kForSubscribers,
                             [&](std::string_view pattern) { return overlaps(pattern, filter); });
}

}  // namespace iotemu::topics
